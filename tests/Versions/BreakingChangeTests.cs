extern alias broken;
extern alias v1;

using Broken = broken::Versions;
using V1 = v1::Versions;

namespace ButlerRpc.Versions.Tests;

/// <summary>What docs/versioning.md calls a break is caught when two sides meet, both ways, by an error that names what moved; what still fits goes on.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class BreakingChangeTests
{
    Meeting<V1.IRigid, Broken.IRigid> _meeting = null!;

    [SetUp]
    public async Task MeetAsync() => _meeting = await Meeting<V1.IRigid, Broken.IRigid>.StartAsync(new OldRigid(), new BrokenRigid());

    [TearDown]
    public async Task PartAsync() => await _meeting.DisposeAsync();

    [TestCaseSource(typeof(Break), nameof(Break.Shapes))]
    public async Task A_method_whose_shapes_do_not_fit_is_refused_and_the_others_go_on(Break change)
    {
        foreach (var call in new[] { change.Old(_meeting.OldCaller), change.New(_meeting.NewCaller) })
        {
            var failure = await FailureOf(call);
            Assert.That((failure.Status, failure.Reason, failure.Certainty), Is.EqualTo((ButlerStatus.FailedPrecondition, ButlerReason.ContractMismatch, ButlerCertainty.NotExecuted)), failure.Message);
            Assert.That(failure.Message, Does.Contain(change.Place));
        }

        await AssertOthersGoOnAsync();
    }

    [TestCaseSource(typeof(Break), nameof(Break.Codes))]
    public async Task A_method_that_the_other_side_knows_by_another_code_is_refused_by_name(Break change)
    {
        foreach (var call in new[] { change.Old(_meeting.OldCaller), change.New(_meeting.NewCaller) })
        {
            var failure = await FailureOf(call);
            Assert.That((failure.Status, failure.Reason, failure.Certainty), Is.EqualTo((ButlerStatus.Unimplemented, ButlerReason.UnknownMethod, ButlerCertainty.NotExecuted)), failure.Message);
            Assert.That(failure.Message, Does.Contain(change.Place));
        }

        await AssertOthersGoOnAsync();
    }

    [TestCaseSource(typeof(Break), nameof(Break.Values))]
    public async Task A_value_that_does_not_fit_fails_when_it_comes_naming_the_member(Break change)
    {
        var request = await FailureOf(change.Old(_meeting.OldCaller));
        Assert.That((request.Status, request.Certainty), Is.EqualTo((ButlerStatus.InvalidArgument, ButlerCertainty.NotExecuted)), request.Message);
        Assert.That(request.Message, Does.Contain(change.Place));

        var reply = await FailureOf(change.New(_meeting.NewCaller));
        Assert.That((reply.Reason, reply.Certainty), Is.EqualTo((ButlerReason.BadMessage, ButlerCertainty.Executed)), reply.Message);
        Assert.That(reply.Message, Does.Contain(change.Place));

        await AssertOthersGoOnAsync();
    }

    async Task AssertOthersGoOnAsync() => Assert.That((await _meeting.OldCaller.WorkAsync(1), await _meeting.NewCaller.WorkAsync(2)), Is.EqualTo((2, 3)));

    static async Task<ButlerException> FailureOf(Task call)
    {
        try
        {
            await call;
        }
        catch (ButlerException e)
        {
            return e;
        }

        throw new AssertionException("the call succeeded");
    }
}
