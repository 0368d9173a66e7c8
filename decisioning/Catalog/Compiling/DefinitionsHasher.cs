using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Hash of what profiles are folded with.</summary>
internal static class DefinitionsHasher
{
    /// <remarks>
    /// Limits are part of it: a counter keeps only what its limit needs. What belongs to which scope is not: an offer that moves to
    /// another category counts there from then on, and every new offer would otherwise refold every customer.
    /// </remarks>
    /// <returns>The hash of all, and that of what is no metric.</returns>
    public static (ulong Definitions, ulong Counters) Hash(
        ImmutableArray<MetricDefinition> metrics, IEnumerable<CapDraft> caps, ImmutableArray<SuppressionRule> suppression, IEnumerable<string> conversionTypes)
    {
        var text = new StringBuilder();
        foreach (var (cap, only, _, _, _, _) in caps.OrderBy(draft => draft.Cap.Number))
        {
            Line(text, $"cap {cap.Number} {(byte)cap.Event} {(byte)cap.Per} {cap.Limit} {cap.Window.Ticks} {only}");
            foreach (var (channel, weight) in (cap.ChannelToWeight ?? FrozenDictionary<int, int>.Empty).OrderBy(entry => entry.Key))
                Line(text, $"weight {channel} {weight}");
        }

        foreach (var rule in suppression.OrderBy(rule => rule.Number))
            Line(text, $"suppression {rule.Number} {(byte)rule.On} {(byte)rule.Per} {rule.Only} {rule.After} {rule.WithinMicros} {rule.PauseMicros}");
        foreach (var type in conversionTypes.Order(StringComparer.Ordinal))
            Line(text, $"conversion {type}");
        var counters = Hash(text);
        foreach (var metric in metrics.OrderBy(metric => metric.Number))
            Line(text, $"metric {metric.Number} {metric.Signature}");
        return (Hash(text), counters);
    }

    private static ulong Hash(StringBuilder text) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
