namespace Chat;

static class ExitCodes
{
    public const int Done = 0;
    public const int Disagreement = 1;
    public const int Usage = 2;
    public const int NameTaken = 3;
}
