using System.Collections.Immutable;
using System.Numerics;
using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Node.Refolding;

/// <summary>
/// A sweep that the nodes of a cluster share, as it is kept in the store: which shards are done, and which epoch is at work on which. Immutable; whoever changes it puts
/// the new one in the place of the one it read.
/// </summary>
/// <param name="Pass">Counts the sweeps: what was begun for an earlier one says nothing about this.</param>
/// <param name="Target">What everybody is to be brought up to.</param>
/// <param name="Since">The version it began for: nobody may be visited before all who write decide by it.</param>
/// <param name="Version">The version it holds for, from <paramref name="Since"/>.</param>
/// <param name="Done">A bit for each of <see cref="Shards"/> shards.</param>
/// <param name="Claims">The epoch that is at work on each shard; 0: none.</param>
internal sealed record SweepMark(int Pass, RefoldTarget Target, int Since, int Version, ulong Done, ImmutableArray<long> Claims)
{
    public const int Shards = RefoldMark.Shards;
    private const byte Format = 1;

    /// <summary>How many claims of a node are left for every node when it takes some: large ones first, so that it need not come often, and small ones at the end.</summary>
    private const int ClaimsLeft = 2;

    private static readonly ImmutableArray<long> Unclaimed = [.. new long[Shards]];

    public bool IsDone => Done == ulong.MaxValue;

    public double Percent => BitOperations.PopCount(Done) * 100.0 / Shards;

    /// <summary>Whether this is another one of the same sweep, or a later, that came about after it or with it.</summary>
    public bool IsAsFarAs(SweepMark other) => Pass > other.Pass || (Pass == other.Pass && Version >= other.Version && (Done & other.Done) == other.Done);

    /// <summary>A sweep of which nothing is done.</summary>
    /// <param name="last">The one before; <c>null</c>: it is the first.</param>
    public static SweepMark Begin(SweepMark? last, RefoldTarget target, int version) => new((last?.Pass ?? 0) + 1, target, version, version, 0, Unclaimed);

    /// <summary>Takes some of what is left for an epoch.</summary>
    /// <param name="writers">The epochs that may write: what another has claimed is free again.</param>
    /// <param name="held">Shards that the epoch's process has in hand; others under its claim are left from a pass that broke off.</param>
    /// <param name="taken">A bit for each shard that it has in hand now beside those.</param>
    public SweepMark Claim(long epoch, IReadOnlyCollection<long> writers, ulong held, out ulong taken)
    {
        ulong free = 0;
        for (var shard = 0; shard < Shards; shard++)
        {
            var (bit, claim) = (1UL << shard, Claims[shard]);
            free |= (Done & bit) == 0 && (claim == epoch ? (held & bit) == 0 : claim == 0 || !writers.Contains(claim)) ? bit : 0;
        }

        taken = 0;
        var claims = Claims.ToBuilder();
        for (var left = Math.Max(1, BitOperations.PopCount(free) / (ClaimsLeft * Math.Max(1, writers.Count))); left > 0 && free != 0; left--)
        {
            var shard = BitOperations.TrailingZeroCount(free);
            free &= free - 1;
            taken |= 1UL << shard;
            claims[shard] = epoch;
        }

        return taken == 0 ? this : this with { Claims = claims.MoveToImmutable() };
    }

    /// <summary>Notes shards as done, as far as the epoch still has them: what another took from it is done when that one says so.</summary>
    public SweepMark Finish(long epoch, ulong shards)
    {
        var done = Done;
        for (var left = shards; left != 0; left &= left - 1)
        {
            var shard = BitOperations.TrailingZeroCount(left);
            done |= Claims[shard] == epoch ? 1UL << shard : 0;
        }

        return done == Done ? this : this with { Done = done };
    }

    /// <summary>Leaves to others what an epoch has claimed and not done.</summary>
    public SweepMark Release(long epoch) => Claims.Contains(epoch) ? this with { Claims = [.. Claims.Select(claim => claim == epoch ? 0 : claim)] } : this;

    public byte[] ToArray()
    {
        using var writer = new ByteWriter(256);
        writer.Byte(Format);
        writer.Count(Pass);
        writer.Fixed64(Target.Definitions);
        writer.Fixed64(Target.Segments);
        writer.Count(Since);
        writer.Count(Version);
        writer.Fixed64(Done);
        foreach (var claim in Claims)
        {
            writer.Signed(claim);
        }

        return writer.ToArray();
    }

    /// <summary><c>null</c> where nothing is stored, or in another format: then the sweep begins anew, which does no harm.</summary>
    public static SweepMark? Read(byte[]? stored)
    {
        if (stored is not [Format, ..])
        {
            return null;
        }

        var reader = new ByteReader(stored);
        reader.Byte();
        var (pass, target) = (reader.Count(), new RefoldTarget(reader.Fixed64(), reader.Fixed64()));
        var (since, version, done) = (reader.Count(), reader.Count(), reader.Fixed64());
        var claims = new long[Shards];
        for (var shard = 0; shard < Shards; shard++)
        {
            claims[shard] = reader.Signed();
        }

        return new SweepMark(pass, target, since, version, done, [.. claims]);
    }
}
