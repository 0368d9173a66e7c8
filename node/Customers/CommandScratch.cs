using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Node.Customers;

/// <summary>What a command works with between taking a cell's lock and queueing its record; one a thread.</summary>
internal sealed class CommandScratch
{
    [ThreadStatic]
    private static CommandScratch? _current;

    public static CommandScratch Current => _current ??= new CommandScratch();

    public DecisionWorkspace Workspace { get; } = new();

    public List<Fact> Facts { get; } = [];

    public ByteWriter Accounting { get; } = new(4096);

    public ByteWriter Personal { get; } = new(4096);

    public ByteWriter Body { get; } = new(4096);

    public void Begin()
    {
        Facts.Clear();
        Workspace.Moves.Clear();
        Accounting.Clear();
        Personal.Clear();
    }
}
