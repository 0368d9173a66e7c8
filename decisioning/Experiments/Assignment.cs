using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Hashing;
using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Decisioning.Experiments;

/// <summary>
/// Who is in which experiment, by keyed hashes of the customer: the same answer on every node and after every restart, uniform, and independent from
/// experiment to experiment, for each has a salt of its own.
/// </summary>
/// <remarks>
/// Kohavi, Longbotham, Sommerfield, Henne, "Controlled experiments on the web" (2009), section 4.1: hash of user and experiment. The layers are those of
/// Tang, Agarwal, O'Brien, Meyer, "Overlapping experiment infrastructure" (2010).
/// </remarks>
public static class Assignment
{
    private const ulong Traffic = 1UL << 32;
    private const ulong LayerTraffic = 2UL << 32;
    private const ulong Draw = 3UL << 32;

    /// <summary>The variant the customer would get, or <c>null</c>: not in it. Asks neither time nor audience nor what was given before.</summary>
    public static Variant? Of(Experiment experiment, CustomerKey customer, NodeHashes hashes)
    {
        // The arms of the global holdout are its traffic: who is held out stays so when its share grows.
        if (experiment.IsGlobalHoldout)
        {
            return experiment.Variants[Unit(hashes, customer, Traffic, experiment.Number) < experiment.Share ? 0 : 1];
        }

        var position = experiment.LayerNumber == 0
            ? Unit(hashes, customer, Traffic, experiment.Number)
            : Unit(hashes, customer, LayerTraffic, experiment.LayerNumber) - experiment.From;
        return position >= 0 && position < experiment.Share ? Pick(experiment, Unit(hashes, customer, Draw, experiment.Number)) : null;
    }

    private static Variant Pick(Experiment experiment, double uniform)
    {
        double below = 0;
        Variant? last = null;
        foreach (var variant in experiment.Variants)
        {
            below += variant.Weight;
            if (uniform < below)
            {
                return variant;
            }

            last = variant.Weight > 0 ? variant : last;
        }

        // Weights may sum to a hair less than one.
        return last!;
    }

    [SkipLocalsInit]
    private static double Unit(NodeHashes hashes, CustomerKey customer, ulong purpose, int number)
    {
        Span<byte> input = stackalloc byte[24];
        customer.Write(input);
        BinaryPrimitives.WriteUInt64LittleEndian(input[16..], purpose | (uint)number);
        return SipHash.ToUnit(hashes.Bucket.Hash64(input));
    }
}
