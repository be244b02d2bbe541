using ButlerRpc.Platform;

namespace ButlerRpc.Runtime.Tests.Transport;

public class EndpointTests
{
    [TestCase("tcp://orders:9000", "TCP://orders:9000", true)]
    [TestCase("tls://orders:9000?name=a&key=b", "tls://orders:9000?key=b&name=a", true)]
    [TestCase("tcp://orders:9000", "tcp://orders:9001", false)]
    [TestCase("tcp://orders:9000", "iproto://orders:9000", false)]
    [TestCase("tcp://orders:9000?noDelay=true", "tcp://orders:9000", false)]
    [TestCase("tcp://orders:9000?noDelay=true", "tcp://orders:9000?noDelay=false", false)]
    [TestCase("unix:///run/a.sock", "unix:///run/b.sock", false)]
    public void Endpoints_that_say_the_same_are_equal(string one, string other, bool equal)
    {
        var (left, right) = (ButlerEndpoint.Parse(one), ButlerEndpoint.Parse(other));
        Assert.That(left == right, Is.EqualTo(equal));
        Assert.That(new HashSet<ButlerEndpoint> { left, right }, Has.Count.EqualTo(equal ? 1 : 2));
    }
}
