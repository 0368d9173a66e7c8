using System.Globalization;
using PmOrleans.Decisioning.Attribution;
using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Segments;

namespace PmOrleans.Decisioning.Tests;

/// <summary>A record as the log keeps it.</summary>
internal sealed record TestLogRow(long Sequence, byte[] Accounting, byte[] Personal)
{
    public List<Fact> Facts => FactCodec.Read(Accounting, Personal);
}

/// <summary>One customer with a log in memory, driven as a host drives it: windows first, then the command, then the record, then the money.</summary>
internal sealed class TestCustomer(CatalogSnapshot catalog, ulong key = 7) : IDisposable
{
    public const long Second = 1_000_000;
    public const long Minute = 60 * Second;
    public const long Hour = 60 * Minute;
    public const long Day = 24 * Hour;

    /// <summary>Noon of 21 November 2026, UTC.</summary>
    public const long Noon = 1_795_262_400L * Second;

    private readonly ByteWriter _accounting = new();
    private readonly ByteWriter _personal = new();
    private readonly ByteWriter _scratch = new();
    private int _decisions;

    public static NodeHashes Hashes { get; } = new("sixteen secret b"u8);

    public CustomerState State { get; set; } = NewState(catalog, key);

    public DecisionEnvironment Environment { get; set; } = new(catalog, ModelReplica.Empty, new LeaseBook(), Hashes);

    public DecisionWorkspace Workspace { get; } = new();

    /// <summary>The next record does not get into the log: its money is undone and the state folded again.</summary>
    public bool FailNext { get; set; }

    public List<TestLogRow> Log { get; } = [];

    public static CustomerState NewState(CatalogSnapshot catalog, ulong key = 7)
    {
        var state = new CustomerState(new CustomerKey(key, ~key));
        state.BeginDefinitions(catalog);
        return state;
    }

    public static byte[] Bytes(CustomerState state)
    {
        using var writer = new ByteWriter();
        state.Write(writer);
        return writer.ToArray();
    }

    public DecisionFact Decide(long now, params string[] placements) =>
        Decide(now, [.. placements.Select(id => new PlacementRequest(id, Environment.Catalog.PlacementById[id].Slots, []))], []);

    public DecisionFact Decide(long now, PlacementRequest[] asked, Property[] context, bool explain = false, string? decisionId = null)
    {
        now = Math.Max(now, State.LastSeenMicros);
        decisionId ??= "d-" + (++_decisions).ToString(CultureInfo.InvariantCulture);
        var request = new DecisionRequest { CustomerId = "c-1", Placements = asked, Context = context, Explain = explain };
        var facts = Begin(now, out var sequence);
        SegmentTracker.Advance(State, now, sequence, Environment, Workspace, facts);
        var fact = Fresh(request, decisionId, now);
        foreach (var assigned in Workspace.Assigned)
        {
            facts.Add(assigned);
            State.Apply(assigned, sequence, Environment.Catalog);
        }

        facts.Add(fact);
        State.Apply(fact, sequence, Environment.Catalog);
        return Append(facts, sequence) ? (DecisionFact)Log[^1].Facts[^1] : fact;
    }

    /// <summary>A decision that nobody keeps: money and state as before.</summary>
    public DecisionFact TryOut(long now, PlacementRequest[] asked, Property[] context, string decisionId, bool explain = false)
    {
        Workspace.Moves.Clear();
        var fact = Fresh(new DecisionRequest { CustomerId = "c-1", Placements = asked, Context = context, Explain = explain }, decisionId, now);
        Workspace.Moves.ForEach(move => move.Undo());
        return fact;
    }

    /// <summary>The facts of the record, or none for a duplicate without windows to end.</summary>
    public List<Fact> Take(Touchpoint touchpoint, long now)
    {
        now = Math.Max(now, State.LastSeenMicros);
        var facts = Begin(now, out var sequence);
        if (TouchpointIntake.Take(State, touchpoint, now, sequence, Environment, Workspace, facts) == IntakeResult.AnswersClosed)
        {
            var decision = Log.SelectMany(row => row.Facts).OfType<DecisionFact>().FirstOrDefault(fact => fact.DecisionId == touchpoint.DecisionId);
            TouchpointIntake.TakeClosed(State, touchpoint, decision, now, sequence, Environment, Workspace, facts);
        }

        SegmentTracker.Advance(State, now, sequence, Environment, Workspace, facts);
        Append(facts, sequence);
        return facts;
    }

    public List<Fact> Wake(long now)
    {
        now = Math.Max(now, State.LastSeenMicros);
        var facts = Begin(now, out var sequence);
        SegmentTracker.Advance(State, now, sequence, Environment, Workspace, facts);
        Append(facts, sequence);
        return facts;
    }

    /// <summary>The state that the log folds to.</summary>
    public CustomerState Refold(CustomerState? from = null)
    {
        var state = from ?? NewState(Environment.Catalog, State.Key.High);
        foreach (var row in Log.Where(row => row.Sequence > state.Sequence))
        {
            row.Facts.ForEach(fact => state.Apply(fact, row.Sequence, Environment.Catalog));
            state.Prune();
        }

        return state;
    }

    /// <summary>The bytes that the log folds to when no more of it is read than a fold looks at, in room that others have used.</summary>
    public byte[] RefoldInRoom(FoldRoom room)
    {
        var state = NewState(Environment.Catalog, State.Key.High);
        room.LendTo(state);
        var facts = new List<Fact>();
        foreach (var row in Log)
        {
            FactCodec.ReadToFold(row.Accounting, row.Personal, Environment.Catalog, facts);
            facts.ForEach(fact => state.Apply(fact, row.Sequence, Environment.Catalog));
            state.Prune();
        }

        var bytes = Bytes(state);
        room.TakeFrom(state);
        return bytes;
    }

    public void Dispose()
    {
        Workspace.Dispose();
        _accounting.Dispose();
        _personal.Dispose();
        _scratch.Dispose();
    }

    private DecisionFact Fresh(DecisionRequest request, string decisionId, long now) => Decider.Decide(
        State,
        request,
        [.. request.Placements.Select(asked => Environment.Catalog.PlacementById[asked.Id])],
        decisionId,
        Environment.Hashes.Decision.Hash128(decisionId),
        now,
        Environment,
        Workspace);

    private List<Fact> Begin(long now, out long sequence)
    {
        Workspace.Moves.Clear();
        var facts = new List<Fact>();
        sequence = State.Sequence + 1;
        WindowExpiry.Advance(State, now, sequence, Environment, Workspace, facts);
        return facts;
    }

    private bool Append(List<Fact> facts, long sequence)
    {
        if (FailNext)
        {
            FailNext = false;
            Workspace.Moves.ForEach(move => move.Undo());
            State = Refold();
            facts.Clear();
            return false;
        }

        if (facts.Count > 0)
        {
            _accounting.Clear();
            _personal.Clear();
            FactCodec.Write(facts, _accounting, _personal, _scratch);
            Log.Add(new TestLogRow(sequence, _accounting.ToArray(), _personal.ToArray()));
            State.Prune();
        }

        Workspace.Moves.ForEach(move => move.Commit());
        return true;
    }
}
