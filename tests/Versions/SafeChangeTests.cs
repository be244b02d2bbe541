extern alias v1;
extern alias v2;

using V1 = v1::Versions;
using V2 = v2::Versions;

namespace ButlerRpc.Versions.Tests;

/// <summary>Two builds of one contract talk to each other over running sessions, both ways, whatever docs/versioning.md calls safe has changed between them.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class SafeChangeTests
{
    readonly OldSafe _oldService = new();
    readonly NewSafe _newService = new();
    Meeting<V1.ISafe, V2.ISafe> _meeting = null!;

    V1.ISafe OldCaller => _meeting.OldCaller;

    V2.ISafe NewCaller => _meeting.NewCaller;

    [SetUp]
    public async Task MeetAsync() => _meeting = await Meeting<V1.ISafe, V2.ISafe>.StartAsync(_oldService, _newService);

    [TearDown]
    public async Task PartAsync() => await _meeting.DisposeAsync();

    [Test]
    [Row("a new member at the end that may be absent")]
    public async Task New_members_at_the_end_have_their_defaults_and_are_passed_over()
    {
        Assert.That(await OldCaller.GrowAsync(new(7)), Is.EqualTo(new V1.Grown(7)));
        Assert.That(_newService.Seen, Is.EqualTo(new V2.Grown(7, null)));

        Assert.That(await NewCaller.GrowAsync(new(7, "n", 3) { Region = "us" }), Is.EqualTo(new V2.Grown(7, null)));
        Assert.That(_oldService.Seen, Is.EqualTo(new V1.Grown(7)));
    }

    [Test]
    [Row("a wider integer")]
    public async Task Integers_of_another_width_are_read_while_they_fit()
    {
        Assert.That((await OldCaller.WidenAsync(new(int.MinValue, [1, -2]))).Numbers, Is.EqualTo(new short[] { 1, -2 }));
        Assert.That(((V2.Widened)_newService.Seen!).Id, Is.EqualTo(int.MinValue));

        Assert.That((await NewCaller.WidenAsync(new(int.MaxValue, [short.MaxValue]))).Id, Is.EqualTo(int.MaxValue));
        Assert.That(
            async () => await NewCaller.WidenAsync(new(1L + int.MaxValue, [])), Throws.InstanceOf<ButlerException>()
                .With.Property("Status").EqualTo(ButlerStatus.InvalidArgument).And.Message.Contains("Widened.Id: an integer does not fit into int32"));
    }

    [Test]
    [Row("`T` → `T?`")]
    public async Task A_member_that_became_nullable_is_read_while_it_is_not_nil()
    {
        Assert.That(await OldCaller.LoosenAsync(new(1, "a")), Is.EqualTo(new V1.Loosened(1, "a")));
        Assert.That(await NewCaller.LoosenAsync(new(1, "a")), Is.EqualTo(new V2.Loosened(1, "a")));
        Assert.That(
            async () => await NewCaller.LoosenAsync(new(1, null)), Throws.InstanceOf<ButlerException>()
                .With.Property("Status").EqualTo(ButlerStatus.InvalidArgument).And.Message.Contains("Loosened.Note: nil"));
    }

    [Test]
    [Row("another name for a member of the array layout")]
    public async Task The_name_of_a_member_does_not_travel_in_an_array()
    {
        Assert.That(await OldCaller.RenameMemberAsync(new(1, "Ada")), Is.EqualTo(new V1.Renamed(1, "Ada")));
        Assert.That(_newService.Seen, Is.EqualTo(new V2.Renamed(1, "Ada")));

        Assert.That(await NewCaller.RenameMemberAsync(new(2, "Bob")), Is.EqualTo(new V2.Renamed(2, "Bob")));
        Assert.That(_oldService.Seen, Is.EqualTo(new V1.Renamed(2, "Bob")));
    }

    [Test]
    [Row("reordered members of the map layout")]
    public async Task The_order_of_the_members_does_not_matter_in_a_map()
    {
        Assert.That(await OldCaller.ReorderAsync(new(1, "a")), Is.EqualTo(new V1.Reordered(1, "a")));
        Assert.That(_newService.Seen, Is.EqualTo(new V2.Reordered("a", 1)));

        Assert.That(await NewCaller.ReorderAsync(new("b", 2)), Is.EqualTo(new V2.Reordered("b", 2)));
        Assert.That(_oldService.Seen, Is.EqualTo(new V1.Reordered(2, "b")));
    }

    [Test]
    [Row("a nullable member retired")]
    public async Task A_retired_member_is_nil_for_those_who_know_it()
    {
        Assert.That(await OldCaller.SlimAsync(new(1, "555", "Ada")), Is.EqualTo(new V1.Slimmed(1, null, "Ada")));
        Assert.That(_newService.Seen, Is.EqualTo(new V2.Slimmed(1, "Ada")));

        Assert.That(await NewCaller.SlimAsync(new(2, "Bob")), Is.EqualTo(new V2.Slimmed(2, "Bob")));
        Assert.That(_oldService.Seen, Is.EqualTo(new V1.Slimmed(2, null, "Bob")));
    }

    [Test]
    [Row("a new case of a union")]
    public async Task A_new_case_fails_only_when_it_comes()
    {
        Assert.That(await OldCaller.DrawAsync(new V1.Circle(1)), Is.EqualTo(new V1.Circle(1)));
        Assert.That(await NewCaller.DrawAsync(new V2.Circle(2)), Is.EqualTo(new V2.Circle(2)));
        Assert.That(
            async () => await NewCaller.DrawAsync(new V2.Hexagon(3)), Throws.InstanceOf<ButlerException>()
                .With.Property("Status").EqualTo(ButlerStatus.InvalidArgument).And.Message.Contains("1 is the tag of no case of Shape"));
    }

    [Test]
    [Row("a new method, a new message, a new fault")]
    public async Task A_new_method_is_unknown_to_an_old_server_and_others_go_on()
    {
        Assert.That(
            async () => await NewCaller.NewAsync(new(1)), Throws.InstanceOf<ButlerException>()
                .With.Property("Status").EqualTo(ButlerStatus.Unimplemented).And.Property("Certainty").EqualTo(ButlerCertainty.NotExecuted).And.Message.Contains("Versions.ISafe.NewAsync"));
        Assert.That(await NewCaller.TakeTokenAsync(3), Is.EqualTo(3));
    }

    [Test]
    [Row("a new method, a new message, a new fault")]
    public void A_new_fault_is_a_plain_failure_to_those_who_do_not_know_it()
    {
        Assert.That(
            async () => await OldCaller.RefuseAsync(1), Throws.TypeOf<ButlerException>()
                .With.Property("Status").EqualTo(ButlerStatus.FailedPrecondition).And.Property("Certainty").EqualTo(ButlerCertainty.Executed).And.Message.Contains("not today"));
        Assert.That(async () => await NewCaller.RefuseAsync(1), Throws.TypeOf<ButlerException>().With.Property("Status").EqualTo(ButlerStatus.FailedPrecondition));
    }

    [Test]
    [Row("an argument with a default at the end")]
    public async Task A_new_argument_has_its_default_and_is_passed_over()
    {
        Assert.That(await OldCaller.PlaceAsync("lamp", 2), Is.EqualTo("lamp 2 False"));
        Assert.That(await NewCaller.PlaceAsync("lamp", 2, express: true), Is.EqualTo("lamp 2"));
    }

    [Test]
    [Row("adding or removing `CancellationToken` or `CallContext`")]
    public async Task Tokens_and_contexts_do_not_travel()
    {
        using var source = new CancellationTokenSource();
        Assert.That((await OldCaller.TakeTokenAsync(1), await NewCaller.TakeTokenAsync(2, source.Token)), Is.EqualTo((1, 2)));
        Assert.That((await OldCaller.TakeContextAsync(1), await NewCaller.TakeContextAsync(2, source.Token)), Is.EqualTo((1, 2)));
        Assert.That((await OldCaller.DropTokenAsync(1, source.Token), await NewCaller.DropTokenAsync(2)), Is.EqualTo((1, 2)));
    }

    [Test]
    [Row("one message ↔ the same members as arguments")]
    public async Task A_message_and_its_members_as_arguments_are_the_same_bytes()
    {
        Assert.That((await OldCaller.UnpackAsync(new(4, 2)), await NewCaller.UnpackAsync(4, 2)), Is.EqualTo((42, 42)));
        Assert.That((await OldCaller.PackAsync(4, 2), await NewCaller.PackAsync(new(4, 2))), Is.EqualTo((42, 42)));
    }

    [Test]
    [Row("another name for a method that has a code of its own")]
    public async Task The_name_of_a_method_does_not_travel() =>
        Assert.That((await OldCaller.CountAsync(1), await NewCaller.TallyAsync(2)), Is.EqualTo((2, 3)));
}
