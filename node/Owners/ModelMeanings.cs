using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Learning;

namespace PmOrleans.Node.Owners;

/// <summary>Half-life and reward window of policies: what the sums of a model mean. Microseconds; a half-life of 0 forgets nothing.</summary>
internal static class ModelMeanings
{
    public static byte[] Write(CatalogSnapshot? catalog)
    {
        using var writer = new ByteWriter(64);
        writer.Count(catalog?.Policies.Length ?? 0);
        foreach (var policy in catalog?.Policies ?? [])
        {
            var (halfLife, window) = Of(policy.Model);
            writer.Count(policy.Number);
            writer.Signed(halfLife);
            writer.Signed(window);
        }

        return writer.ToArray();
    }

    public static IEnumerable<(int Policy, (long HalfLife, long Window) Meaning)> Read(byte[] meanings)
    {
        var read = new List<(int, (long, long))>();
        if (meanings.Length > 0)
        {
            var reader = new ByteReader(meanings);
            for (var count = reader.Items(); count > 0; count--)
            {
                read.Add((reader.Count(), (reader.Signed(), reader.Signed())));
            }
        }

        return read;
    }

    public static (long HalfLife, long Window) Of(BetaOptions options) =>
        ((options.HalfLife ?? TimeSpan.Zero).Ticks / TimeSpan.TicksPerMicrosecond, options.RewardWindow.Ticks / TimeSpan.TicksPerMicrosecond);
}
