using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;

namespace PmOrleans.Node.Refolding;

/// <summary>What everybody is to be folded with: metrics and caps, and the rules of segments.</summary>
/// <param name="Definitions"><see cref="Decisioning.Catalog.CatalogSnapshot.DefinitionsHash"/>.</param>
/// <param name="Segments"><see cref="Decisioning.Segments.SegmentPlan.Hash"/>.</param>
internal readonly record struct RefoldTarget(ulong Definitions, ulong Segments)
{
    public static RefoldTarget Of(DecisionEnvironment environment) => Of(environment.Catalog);

    public static RefoldTarget Of(CatalogSnapshot catalog) => new(catalog.DefinitionsHash, catalog.SegmentPlan.Hash);
}

/// <summary>How far a pass has come, as it is kept with the log: by shard, so that a restart repeats a few shards and no more.</summary>
/// <param name="Version">The catalog version it holds for: of the same definitions before and after others it holds for neither.</param>
/// <param name="DoneShards">A bit for each of <see cref="Shards"/> shards.</param>
/// <param name="LastPlace">The last of the places that the shards divide among them; 0: they divide the hashes of the ids.</param>
internal readonly record struct RefoldMark(RefoldTarget Target, int Version, ulong DoneShards, long LastPlace = 0)
{
    public const int Shards = 64;
    private const byte Format = 2;

    public bool IsDone => DoneShards == ulong.MaxValue;

    public byte[] ToArray()
    {
        using var writer = new ByteWriter(32);
        writer.Byte(Format);
        writer.Fixed64(Target.Definitions);
        writer.Fixed64(Target.Segments);
        writer.Count(Version);
        writer.Fixed64(DoneShards);
        writer.Signed(LastPlace);
        return writer.ToArray();
    }

    /// <summary><c>null</c> for a mark of another version: then the pass begins anew, which does no harm.</summary>
    public static RefoldMark? Read(byte[]? stored)
    {
        if (stored is not [Format, ..])
        {
            return null;
        }

        var reader = new ByteReader(stored);
        reader.Byte();
        return new RefoldMark(new RefoldTarget(reader.Fixed64(), reader.Fixed64()), reader.Count(), reader.Fixed64(), reader.Signed());
    }
}
