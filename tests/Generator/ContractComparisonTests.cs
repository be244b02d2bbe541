using ButlerRpc.Contracts;

namespace ButlerRpc.Generator.Tests;

/// <summary>What is safe and what breaks peers built before.</summary>
sealed class ContractComparisonTests
{
    [TestCase("field 0 Id int32", "field 0 Id int64", ContractChange.Widened)]
    [TestCase("field 0 Id int64", "field 0 Id int32", ContractChange.TypeChanged)]
    [TestCase("field 0 Id uint32", "field 0 Id int64", ContractChange.Widened)]
    [TestCase("field 0 Id uint32", "field 0 Id int32", ContractChange.TypeChanged)]
    [TestCase("field 0 Id int64", "field 0 Id string", ContractChange.TypeChanged)]
    [TestCase("field 0 Id float32", "field 0 Id float64", ContractChange.TypeChanged)]
    [TestCase("field 0 Id string", "field 0 Id string?", ContractChange.Widened)]
    [TestCase("field 0 Id string?", "field 0 Id string", ContractChange.TypeChanged)]
    [TestCase("field 0 Id list<int32>", "field 0 Id list<int64>", ContractChange.Widened)]
    [TestCase("field 0 Id list<int64>", "field 0 Id list<string>", ContractChange.TypeChanged)]
    [TestCase("field 0 Id map<string,list<int32>>", "field 0 Id map<string,list<string>>", ContractChange.TypeChanged)]
    [TestCase("field 0 Id tuple<int32,int32>", "field 0 Id tuple<int32>", ContractChange.TypeChanged)]
    [TestCase("field 0 Id int32", "field 0 Number int32", ContractChange.Widened)]
    [TestCase("field 0 Id int32", "field 0 Id int32 required", ContractChange.RequiredAdded)]
    public void A_changed_member_is_judged(string before, string after, ContractChange change) =>
        Assert.That(Changes($"message Order {before}", $"message Order {after}"), Is.EqualTo([change]));

    [Test]
    public void A_new_member_is_an_addition() =>
        Assert.That(Changes("message Order field 0 Id int32", "message Order field 0 Id int32\nmessage Order field 1 Note string"), Is.EqualTo([ContractChange.Added]));

    [Test]
    public void A_new_required_member_breaks() =>
        Assert.That(Changes("message Order field 0 Id int32", "message Order field 0 Id int32\nmessage Order field 1 Note string required"), Is.EqualTo([ContractChange.RequiredAdded]));

    [Test]
    public void A_member_that_disappears_breaks() =>
        Assert.That(Changes("message Order array\nmessage Order field 1 Note string?", "message Order array"), Is.EqualTo([ContractChange.Removed]));

    [Test]
    public void A_nullable_member_may_be_retired() =>
        Assert.That(Changes("message Order array\nmessage Order field 1 Note string?", "message Order array\nmessage Order reserved 1"), Is.EqualTo([ContractChange.Retired]));

    [Test]
    public void A_member_that_is_never_nil_cannot_be_retired_at_once() =>
        Assert.That(Changes("message Order array\nmessage Order field 1 Note string", "message Order array\nmessage Order reserved 1"), Is.EqualTo([ContractChange.Removed]));

    [TestCase("RETIRED message Order field 1 Note string?")]
    [TestCase("message Order reserved 1")]
    public void A_retired_index_is_not_used_again(string retired) =>
        Assert.That(Changes($"message Order field 0 Id int32\n{retired}", "message Order field 0 Id int32\nmessage Order field 1 Other string?"), Is.EqualTo([ContractChange.Reused]));

    [TestCase("0 A int32\n1 B int32\n2 C int32", "0 A int32\n1 C int32", TestName = "A member taken out in the middle moves the next one")]
    [TestCase("0 A int32\n1 C int32", "0 A int32\n1 B int32\n2 C int32", TestName = "A member put in in the middle moves the next one")]
    [TestCase("0 A int32\n1 B int32", "0 B int32\n1 A int32", TestName = "Members in another order are moved")]
    public void A_member_that_has_moved_is_one_break(string before, string after) => Assert.That(
        Changes(string.Join('\n', before.Split('\n').Select(f => "message Order field " + f)), string.Join('\n', after.Split('\n').Select(f => "message Order field " + f))),
        Is.EqualTo([ContractChange.Moved]));

    [TestCase("message Old code 17", "message New code 17", "code 17 was that of Old, is retired and cannot be used for New")]
    [TestCase("method IFoo.Old code 17 unary", "method IFoo.New code 17 unary", "code 17 was that of IFoo.Old, is retired and cannot be used for IFoo.New")]
    public void A_retired_code_is_not_used_again(string retired, string now, string text)
    {
        var difference = Compare("RETIRED " + retired, now).Single(d => d.IsBreaking);

        Assert.That((difference.Change, difference.Text.Split(": ")[0]), Is.EqualTo((ContractChange.Reused, text)));
    }

    [Test]
    public void Only_the_index_of_a_member_that_is_gone_can_be_reserved()
    {
        Assert.That(Compare("message Order field 0 Id int32\nmessage Order field 1 Note string?", "message Order field 0 Id int32").Single().Number, Is.EqualTo(1));
        Assert.That(Compare("message Order field 0 A int32\nmessage Order field 1 B int32", "message Order field 0 B int32").Single().Number, Is.Null);
        Assert.That(Compare("union Shape case 0 Circle\nunion Shape case 1 Square", "union Shape case 0 Circle").Single().Number, Is.Null);
        Assert.That(Compare("RETIRED message Order field 1 Note string?\nmessage Order array", "message Order array\nmessage Order field 1 Other string?").Single().Number, Is.Null);
    }

    [Test]
    public void A_name_may_go_on_at_a_new_index_when_its_old_one_is_reserved() =>
        Assert.That(
            Changes("message Order array\nmessage Order field 0 Amount int32?", "message Order array\nmessage Order field 1 Amount string?\nmessage Order reserved 0"),
            Is.EqualTo([ContractChange.Retired, ContractChange.Added]));

    [Test]
    public void A_map_goes_by_name() =>
        Assert.That(
            Changes("message Order map\nmessage Order field 0 Id int32\nmessage Order field 1 Note string", "message Order map\nmessage Order field 0 Note string\nmessage Order field 1 Id int32"),
            Is.EqualTo([ContractChange.Widened, ContractChange.Widened]));

    [Test]
    public void Another_layout_breaks() => Assert.That(Changes("message Order array", "message Order map"), Is.EqualTo([ContractChange.TypeChanged]));

    [TestCase("message Order code 3", "message Order code 4", ContractChange.CodeChanged)]
    [TestCase("message Order code 3", "message Order array", ContractChange.CodeChanged)]
    [TestCase("message Order array", "message Order code 4", ContractChange.Added)]
    [TestCase("message Order array", "", ContractChange.Removed)]
    [TestCase("", "message Order array", ContractChange.Added)]
    [TestCase("enum Colour int32", "enum Colour int64", ContractChange.Widened)]
    [TestCase("enum Colour int64", "enum Colour uint8", ContractChange.TypeChanged)]
    [TestCase("union Shape case 0 Circle", "union Shape case 0 Circle\nunion Shape case 1 Square", ContractChange.Added)]
    [TestCase("union Shape case 0 Circle\nunion Shape case 1 Square", "union Shape case 0 Circle", ContractChange.Removed)]
    [TestCase("method IFoo.A code 3 unary", "method IFoo.A code 4 unary", ContractChange.CodeChanged)]
    [TestCase("method IFoo.A code 3 unary", "method IFoo.B code 3 unary", ContractChange.Widened)]
    [TestCase("method IFoo.A code 3 unary", "", ContractChange.Removed)]
    [TestCase("", "method IFoo.A code 3 unary", ContractChange.Added)]
    [TestCase("method IFoo.A code 3 unary", "method IFoo.A code 3 oneway", ContractChange.TypeChanged)]
    [TestCase("method IFoo.A code 3 unary\nmethod IFoo.A result int32", "method IFoo.A code 3 unary\nmethod IFoo.A result string", ContractChange.TypeChanged)]
    [TestCase("method IFoo.A code 3 unary\nmethod IFoo.A result int32", "method IFoo.A code 3 unary", ContractChange.TypeChanged)]
    [TestCase("method IFoo.A code 3 unary\nmethod IFoo.A argument 0 a int32 required", "method IFoo.A code 3 unary\nmethod IFoo.A argument 0 a int64 required", ContractChange.Widened)]
    [TestCase("method IFoo.A code 3 unary", "method IFoo.A code 3 unary\nmethod IFoo.A argument 0 a int64 required", ContractChange.TypeChanged)]
    [TestCase("method IFoo.A code 3 unary", "method IFoo.A code 3 unary\nmethod IFoo.A argument 0 a int64", ContractChange.Widened)]
    [TestCase("method IFoo.A code 3 clientstream\nmethod IFoo.A stream 1 items int32", "method IFoo.A code 3 clientstream", ContractChange.TypeChanged)]
    [TestCase("method IFoo.A code 3 clientstream\nmethod IFoo.A stream 1 items int32", "method IFoo.A code 3 clientstream\nmethod IFoo.A stream 1 items string", ContractChange.TypeChanged)]
    [TestCase("method IFoo.A code 3 unary", "method IFoo.A code 3 unary\nmethod IFoo.A fault OutOfStock", ContractChange.Widened)]
    public void A_changed_fact_is_judged(string before, string after, ContractChange change) => Assert.That(Changes(before, after), Is.EqualTo([change]));

    [Test]
    public void A_bare_message_may_become_the_same_arguments() =>
        Assert.That(
            Changes(
                "message Order array\nmessage Order field 0 Id int32\nmethod IFoo.A code 3 unary\nmethod IFoo.A request Order",
                "message Order array\nmessage Order field 0 Id int32\nmethod IFoo.A code 3 unary\nmethod IFoo.A argument 0 Id int32"),
            Is.EqualTo([ContractChange.Widened]));

    [Test]
    public void The_text_says_what_old_peers_would_do() =>
        Assert.That(
            Compare("message Shop.Order field 3 Amount int64", "message Shop.Order field 3 Amount string")[0].Text,
            Is.EqualTo("field 3 was int64, is string: peers built before would fail to decode Shop.Order"));

    [Test]
    public void Equal_contracts_have_no_difference() =>
        Assert.That(Changes("message A field 0 B B?\nmessage B field 0 A A?\nenum C int32", "enum C int32\nmessage B field 0 A A?\nmessage A field 0 B B?"), Is.Empty);

    [Test]
    public void Two_sides_with_their_own_names_agree_by_shape()
    {
        string[] caller = ["method Client.IOrders.Place code 7 unary", "method Client.IOrders.Place request Client.Order", "message Client.Order field 0 Id int32", "message Client.Order field 1 Next Client.Order?"];
        string[] callee = ["method Shop.IOrders.PlaceAsync code 7 unary", "method Shop.IOrders.PlaceAsync request Shop.Order", "message Shop.Order field 0 Number int64", "message Shop.Order field 1 Rest Shop.Order?", "message Shop.Order field 2 Note string"];

        Assert.That(MethodReading.Obstacles(caller, callee), Is.Empty);
    }

    [Test]
    public void An_obstacle_names_the_member_that_moved()
    {
        string[] caller = ["method IOrders.Place code 7 unary", "method IOrders.Place request Order", "message Order field 0 Id int32", "message Order field 1 Line Line", "message Line field 0 Sku string"];
        string[] callee = ["method IOrders.Place code 7 unary", "method IOrders.Place request Order", "message Order field 0 Id int32", "message Order field 1 Line Line", "message Line field 0 Sku int32"];

        Assert.That(MethodReading.Obstacles(caller, callee), Is.EqualTo(["Line field 0 (Sku): 'string' is written, 'int32' is read"]));
    }

    [Test]
    public void A_narrower_number_is_no_obstacle_to_a_call()
    {
        string[] caller = ["method IOrders.Place code 7 unary", "method IOrders.Place argument 0 id int64 required"];
        string[] callee = ["method IOrders.Place code 7 unary", "method IOrders.Place argument 0 id int32 required"];

        Assert.That(MethodReading.Obstacles(caller, callee), Is.Empty);
    }

    [Test]
    public void A_required_argument_that_the_caller_does_not_know_is_an_obstacle()
    {
        string[] caller = ["method IOrders.Place code 7 unary"];
        string[] callee = ["method IOrders.Place code 7 unary", "method IOrders.Place argument 0 id int32 required"];

        Assert.That(MethodReading.Obstacles(caller, callee), Is.EqualTo(["IOrders.Place field 0 (id): it is required, and is not written"]));
    }

    static IEnumerable<ContractChange> Changes(string before, string after) => Compare(before, after).Select(d => d.Change);

    static IReadOnlyList<ContractDifference> Compare(string before, string after) =>
        new ContractComparison(ContractSet.Parse(before.Split('\n')), ContractSet.Parse(after.Split('\n'))).Run();
}
