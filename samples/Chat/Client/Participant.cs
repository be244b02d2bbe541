using System.Collections.Concurrent;
using ButlerRpc;
using Chat.Contracts;

namespace Chat.Client;

/// <summary>
/// Somebody in the room. It is what the room calls back, and it enters again by itself whenever the connection was lost: the client dials, the registration of
/// the callback is there again, and the room tells what was missed.
/// </summary>
sealed class Participant : IChatEvents
{
    // Between two attempts to enter. The client itself waits, longer each time, before it dials a server that is not there.
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    readonly string _name;
    readonly Screen _screen;
    readonly IChatRoom _room;
    readonly Transcript _transcript = new();
    readonly ConcurrentDictionary<string, string> _here = new(StringComparer.OrdinalIgnoreCase);
    readonly ConcurrentBag<(string From, string Text)> _whispers = [];
    readonly Dictionary<Func<bool>, TaskCompletionSource> _awaited = [];
    int _remarks;

    public Participant(ButlerClient client, string name, Screen screen)
    {
        (_name, _screen) = (name, screen);
        client.Add<IChatEvents>(this);
        _room = client.Create<IChatRoom>();
    }

    public Transcript Transcript => _transcript;

    public IReadOnlyCollection<(string From, string Text)> Whispers => _whispers;

    public IEnumerable<string> Others => _here.Keys.Order(StringComparer.Ordinal);

    /// <summary>How often it came in.</summary>
    public int Entered { get; private set; }

    /// <summary>Is in the room until it is told to leave.</summary>
    /// <exception cref="ButlerFaultException{NameTaken}">Somebody else had the name from the beginning.</exception>
    public async Task StayAsync(CancellationToken leave)
    {
        while (true)
        {
            try
            {
                await AttendAsync(leave);
                _screen.Note("the room was closed; waiting for it to open again");
            }
            catch (OperationCanceledException) when (leave.IsCancellationRequested)
            {
                return;
            }
            catch (ButlerFaultException<NameTaken>) when (Entered > 0)
            {
                // The server has not noticed yet that the connection under this name is gone.
            }
            catch (ButlerException e) when (e is not ButlerFaultException<NameTaken>)
            {
                _screen.Note($"out of the room: {e.Status} ({e.Reason}); entering again");
            }

            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    /// <summary>Says something; returns when the room has it, once, whatever happens to the connection meanwhile.</summary>
    public async Task SayAsync(string text) => await _room.SayAsync(new Remark(_name, ++_remarks, text));

    public async Task WhisperAsync(string to, string text) => await _room.WhisperAsync(_name, to, text);

    /// <summary>Ends when a condition holds, which is looked at whenever something was heard.</summary>
    public Task UntilAsync(Func<bool> condition)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_awaited)
            _awaited.Add(condition, met);
        Look();
        return met.Task;
    }

    void IChatEvents.Said(ChatLine line) => Hear(line);

    void IChatEvents.Entered(string name)
    {
        _here[name] = name;
        _screen.Note($"{name} entered");
        Look();
    }

    void IChatEvents.Left(string name)
    {
        _here.TryRemove(name, out _);
        _screen.Note($"{name} left");
        Look();
    }

    void IChatEvents.Whispered(string from, string text)
    {
        _whispers.Add((from, text));
        _screen.Whisper(from, text);
        Look();
    }

    async Task AttendAsync(CancellationToken leave)
    {
        var isFirst = true;
        _here.Clear(); // the room tells who is there, before anything else
        await foreach (var page in _room.EnterAsync(_name, _transcript.Count, leave))
        {
            if (isFirst)
            {
                Entered++;
                _screen.Note(Entered == 1 ? $"in the room as {_name}" : $"in the room again, {page.Missed.Count} lines were missed");
            }

            isFirst = false;
            foreach (var line in page.Missed)
                Hear(line);
            Look();
        }
    }

    void Hear(ChatLine line)
    {
        foreach (var remark in _transcript.Hear(line))
            _screen.Line(remark.Author, remark.Text);
        Look();
    }

    void Look()
    {
        lock (_awaited)
        {
            foreach (var condition in _awaited.Keys.Where(c => c()).ToList())
            {
                if (_awaited.Remove(condition, out var met))
                    met.SetResult();
            }
        }
    }
}
