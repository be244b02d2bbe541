namespace ButlerRpc.Generator.Tests;

sealed class ContractFileFixTests
{
    static Task Expect(string id, string source, string expected, string? contract = null) =>
        Fixes.Expect(id, "using ButlerRpc;\n\n" + source, "using ButlerRpc;\n\n" + expected, contract: contract);

    [Test]
    public async Task BRPC3001_writes_the_file()
    {
        const string source = "using ButlerRpc;\n\n[ButlerService] public partial interface IFoo { [ButlerMethod(Code = 5)] Task PingAsync(CancellationToken ct); }\n";
        var changed = await Fixes.ApplyAsync("BRPC3001", source);

        var file = changed.Project.AdditionalDocuments.Single();
        Assert.That((await file.GetTextAsync()).ToString(), Does.EndWith("\nmethod IFoo.PingAsync code 5 unary\n").And.StartsWith("# "));
        Assert.That((await Fixes.FaultsOf(changed)).Select(d => d.Id), Has.None.StartsWith("BRPC3"));
    }

    [Test]
    public Task BRPC3002_records_the_addition() => Expect(
        "BRPC3002",
        "[ButlerMessage] public partial record Order(int Id, string? Note);\n",
        "[ButlerMessage] public partial record Order(int Id, string? Note);\n",
        contract: "message Order array\nmessage Order field 0 Id int32\n");

    [Test]
    public Task BRPC3003_restores_the_code() => Expect(
        "BRPC3003",
        "[ButlerMessage(Code = 8)] public partial record Order(int Id);\n",
        "[ButlerMessage(Code = 7)] public partial record Order(int Id);\n",
        contract: "message Order array\nmessage Order code 7\nmessage Order field 0 Id int32\n");

    [Test]
    public Task BRPC3005_reserves_the_index() => Expect(
        "BRPC3005",
        "[ButlerMessage]\npublic partial record Order(int Id);\n",
        "[ButlerReserved(1)]\n[ButlerMessage]\npublic partial record Order(int Id);\n",
        contract: "message Order array\nmessage Order field 0 Id int32\nmessage Order field 1 Note string?\n");

    [TestCase("string", "int", "int32")]
    [TestCase("int", "string?", "string?")]
    [TestCase("int", "Guid", "guid")]
    [TestCase("int", "Line", "Line required")]
    public Task BRPC3004_restores_the_type(string type, string restored, string recorded) => Expect(
        "BRPC3004",
        $"[ButlerMessage] public partial record Line(int Id);\n[ButlerMessage] public partial record Order({type} Id);\n",
        $"[ButlerMessage] public partial record Line(int Id);\n[ButlerMessage] public partial record Order({restored} Id);\n",
        $"message Line array\nmessage Line field 0 Id int32\nmessage Order array\nmessage Order field 0 Id {recorded}\n");

    [TestCase("string Name", "string? Name")]
    [TestCase("Line Line", "Line? Line")]
    public Task BRPC3007_makes_the_member_nullable(string member, string nullable) => Expect(
        "BRPC3007",
        $"[ButlerMessage] public partial record Line(int Id);\n[ButlerMessage] public partial record Order(int Id, {member});\n",
        $"[ButlerMessage] public partial record Line(int Id);\n[ButlerMessage] public partial record Order(int Id, {nullable});\n",
        "message Line array\nmessage Line field 0 Id int32\nmessage Order array\nmessage Order field 0 Id int32\n");

    [Test]
    public Task BRPC3007_drops_required() => Expect(
        "BRPC3007",
        "[ButlerMessage] public partial record Order(int Id)\n{\n    [ButlerField(1)]\n    public required string Name { get; init; }\n}\n",
        "[ButlerMessage] public partial record Order(int Id)\n{\n    [ButlerField(1)]\n    public string? Name { get; init; }\n}\n",
        "message Order array\nmessage Order field 0 Id int32\n");
}
