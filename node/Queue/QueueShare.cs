namespace PmOrleans.Node.Queue;

/// <summary>Which parts of the queue a node should read: every <paramref name="Nodes"/>th, beginning with its own place among them.</summary>
/// <param name="Place">From 0.</param>
/// <param name="Nodes">How many share the queue; 0: this one reads nothing.</param>
public readonly record struct QueueShare(int Place, int Nodes)
{
    /// <summary>A customer's part is made of five bits of the id's hash; enough for a dozen silos to have about the same.</summary>
    public const int Parts = 32;

    internal List<short> Wanted()
    {
        var wanted = new List<short>();
        for (var part = Place; part < Parts && Nodes > 0; part += Nodes)
        {
            wanted.Add((short)part);
        }

        return wanted;
    }
}
