namespace PmOrleans.GrainInterfaces.Tests.EarlierBuild
{
    public sealed record Order(string Id, IReadOnlyList<Line> Lines, long At);

    public sealed record Line(string Sku, int Count);
}

namespace PmOrleans.GrainInterfaces.Tests.LaterBuild
{
    public sealed record Order(string Id, IReadOnlyList<Line> Lines, long At)
    {
        public bool Urgent { get; init; }

        public Contact? Contact { get; init; }
    }

    public sealed record Line(string Sku, int Count)
    {
        public string Note { get; init; } = "none";

        public int[] Weights { get; init; } = [];
    }

    public sealed record Contact(string Name);
}
