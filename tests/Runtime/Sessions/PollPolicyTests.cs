using ButlerRpc.Sessions;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>When a session asks for its next bytes before it waits for them.</summary>
public class PollPolicyTests
{
    [Test]
    public void First_turn_is_tried()
    {
        var policy = new PollPolicy();
        Assert.That(policy.Wants(), Is.True);
    }

    [Test]
    public void Peer_that_answers_at_once_is_asked_every_turn()
    {
        var policy = new PollPolicy();
        for (var turn = 0; turn < 1000; turn++)
        {
            Assert.That(policy.Wants(), Is.True);
            policy.OnHit();
        }
    }

    [Test]
    public void Peer_that_never_answers_at_once_is_asked_in_one_turn_of_sixty_four()
    {
        var policy = new PollPolicy();
        AskedIn(640, ref policy, static _ => false);
        Assert.That(AskedIn(6400, ref policy, static _ => false), Is.EqualTo(100));
    }

    [Test]
    public void Peer_that_has_answered_at_once_before_is_tried_again_soon()
    {
        var policy = new PollPolicy();
        AskedIn(6400, ref policy, static _ => false);
        AskedIn(1000, ref policy, static _ => true);
        AskedIn(20, ref policy, static _ => false);
        Assert.That(AskedIn(20, ref policy, static _ => true), Is.GreaterThan(10));
    }

    [Test]
    public void Peer_that_answers_every_other_time_is_soon_asked_seldom()
    {
        var policy = new PollPolicy();
        for (var hit = 0; hit < 100; hit++)
            policy.OnHit();
        Assert.That(AskedIn(6400, ref policy, static asked => asked % 2 == 0), Is.LessThan(300));
    }

    [Test]
    public void Batches_that_are_slow_one_after_the_other_end_the_trust()
    {
        var policy = new PollPolicy();
        for (var turn = 0; turn < 1000; turn++)
        {
            policy.Wants();
            policy.OnHit();
        }

        var asked = 0;
        for (; asked < 100 && policy.Wants(); asked++)
            policy.OnSlow();
        Assert.That(asked, Is.LessThan(10));
    }

    [Test]
    public void One_slow_batch_among_many_makes_no_difference()
    {
        var policy = new PollPolicy();
        for (var turn = 1; turn < 1000; turn++)
        {
            Assert.That(policy.Wants(), Is.True);
            if (turn % 20 == 0)
                policy.OnSlow();
            policy.OnHit();
        }
    }

    static int AskedIn(int turns, ref PollPolicy policy, Func<int, bool> hits)
    {
        var asked = 0;
        for (var turn = 0; turn < turns; turn++)
        {
            if (!policy.Wants())
                continue;
            if (hits(asked++))
                policy.OnHit();
            else
                policy.OnMiss();
        }

        return asked;
    }
}
