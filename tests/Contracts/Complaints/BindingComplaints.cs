using System.Reflection;
using ButlerRpc.Calls;

namespace ButlerRpc.Contracts.Tests.Complaints;

/// <summary>
/// "A method of my interface was silently left out." What cannot be bound does not compile (tests/Generator has each such member with its error); what does compile
/// is bound.
/// </summary>
sealed class BindingComplaints
{
    [Test]
    public void Every_method_of_a_service_has_a_descriptor_and_a_handler()
    {
        AssertAllAreBound<IDesk>(new Desk());
        AssertAllAreBound<IDeskCaller>(new DeskCaller());
        AssertAllAreBound<IShop>(new Shop());
    }

    static void AssertAllAreBound<T>(T implementation)
        where T : class, IButlerContract<T>
    {
        var declared = typeof(T).GetMethods(BindingFlags.Public | BindingFlags.Instance).Where(m => m.IsAbstract).Select(m => m.Name).Order().ToList();
        Assert.That(T.Contract.Methods.Select(m => m.Name).Order(), Is.EqualTo(declared));
        var table = new ServiceTable().Add(implementation);
        foreach (var method in T.Contract.Methods)
            Assert.That(table.Find(method.Code), Is.Not.Null, method.FullName);
    }
}
