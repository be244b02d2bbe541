namespace ButlerRpc.Codec.Tests;

sealed class RoundTripTests
{
    [Test]
    public void An_order_comes_back_as_it_was()
    {
        var order = new Order(1, "Ada", null, 7, new("Main", "Berlin"), [new("a", 1, 1.50m), new("b", 300, -2m)], [1, 2, 300]);
        var back = Wire.RoundTrip(order);
        Assert.That(back.Address, Is.EqualTo(order.Address));
        Assert.That(back.Lines, Is.EqualTo(order.Lines));
        Assert.That(back.Numbers, Is.EqualTo(order.Numbers));
        Assert.That(back with { Lines = order.Lines, Numbers = order.Numbers }, Is.EqualTo(order));
    }
}
