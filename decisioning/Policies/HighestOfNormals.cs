using System.Buffers;
using System.Runtime.CompilerServices;

namespace PmOrleans.Decisioning.Policies;

/// <summary>The probability of each of several independent normals to be the highest, by numerical integration.</summary>
/// <remarks>
/// p_a = integral of density_a(u) x product over b other than a of cdf_b(u) du = integral of F(u) r_a(u) du, with F the distribution of the
/// highest and r_a = density_a / cdf_a. Absolute error below 5e-6 (tests: against brute force); the sum of all is off by 2e-7 at 200 equal arms, 1e-5 at 10,000.
/// <para>
/// Range: above max(mean + 6 spread) nothing is left to win; below max(mean - 6 spread) somebody is surely higher. An arm that ends below
/// that lower end is hopeless and skipped, its probability is 0 before the floor.
/// </para>
/// <para>
/// Grid: Gauss-Legendre panels from the top down, each no wider than <see cref="PanelWidth"/> spreads of the sharpest arm that still moves
/// there. Every arm in play at u has a spread of at least (u - lower end) / 12, so panels shrink geometrically at worst: very unequal
/// spreads cost the logarithm of their ratio. The grid follows from additions, multiplications and comparisons alone, so that it is the
/// same on every machine and only exp differs, in the last digit.
/// </para>
/// <para>Spreads of 0, or below 1e-9 of the range, are point masses: the highest of them wins what no normal exceeds, exact ties share it.</para>
/// </remarks>
internal static class HighestOfNormals
{
    private const double Tail = 6;
    private const double BandTop = 5.5;
    private const double NegligibleSpread = 1e-9;

    /// <summary>Below this a reciprocal would overflow; only next to scores of 1e100 and more, or of nothing at all, can it matter.</summary>
    private const double SmallestSpread = 1e-290;

    /// <summary>Where F has fallen to this, all that lies below is left out.</summary>
    private const double NegligibleMass = 1e-11;

    private const int ArmsOnStack = 128;

    // Gauss-Legendre, 8 points on [-1, 1], symmetric: from the outermost in
    private static readonly double[] Nodes = [.9602898564975363, .7966664774136267, .5255324099163290, .1834346424956498];

    private static readonly double[] Weights = [.1012285362903763, .2223810344533745, .3137066458778873, .3626837833783620];

    /// <summary>Writes K numbers, not negative, which sum to 1 up to the error of the integration. Inputs are finite, spreads not negative.</summary>
    public static void Probabilities(ReadOnlySpan<double> means, ReadOnlySpan<double> spreads, Span<double> probabilities)
    {
        int count = means.Length;
        double[]? rented = count > ArmsOnStack ? ArrayPool<double>.Shared.Rent(5 * count) : null;
        int[]? rentedIndex = count > ArmsOnStack ? ArrayPool<int>.Shared.Rent(count) : null;
        Span<double> work = rented ?? stackalloc double[5 * ArmsOnStack];
        Span<int> index = rentedIndex ?? stackalloc int[ArmsOnStack];

        int exponent = Exponent(means, spreads);
        Compute(means, spreads, exponent, probabilities, work, index);

        if (rented is not null) ArrayPool<double>.Shared.Return(rented);
        if (rentedIndex is not null) ArrayPool<int>.Shared.Return(rentedIndex);
    }

    /// <summary>The power of two by which to scale so that neither differences nor reciprocals overflow; 0 for ordinary numbers.</summary>
    private static int Exponent(ReadOnlySpan<double> means, ReadOnlySpan<double> spreads)
    {
        double largest = 0;
        for (int arm = 0; arm < means.Length; arm++)
            largest = Math.Max(largest, Math.Max(Math.Abs(means[arm]), spreads[arm]));
        return largest is 0 or (> 1e-100 and < 1e100) ? 0 : -Math.ILogB(largest);
    }

    private static void Compute(
        ReadOnlySpan<double> means, ReadOnlySpan<double> spreads, int exponent, Span<double> probabilities, Span<double> work, Span<int> index)
    {
        int count = means.Length;
        Span<double> offset = work[..count], inverse = work.Slice(count, count), top = work.Slice(2 * count, count);
        Span<double> rate = work.Slice(3 * count, count), won = work.Slice(4 * count, count);
        Span<double> step = rate; // written before the first panel, then copied into "inverse"

        // Positions are relative to the mean of the arm with the highest lower end: there spreads may be tiny compared to the means.
        double lower = double.NegativeInfinity, upper = double.NegativeInfinity, reference = 0;
        for (int arm = 0; arm < count; arm++)
        {
            double mean = Scaled(means[arm], exponent), spread = Scaled(spreads[arm], exponent);
            if (mean - Tail * spread > lower || (mean - Tail * spread == lower && mean > reference))
            {
                lower = mean - Tail * spread;
                reference = mean;
            }
        }

        lower = double.NegativeInfinity;
        for (int arm = 0; arm < count; arm++)
        {
            double mean = Scaled(means[arm], exponent) - reference, spread = Scaled(spreads[arm], exponent);
            lower = Math.Max(lower, mean - Tail * spread);
            upper = Math.Max(upper, mean + Tail * spread);
        }

        double negligible = Math.Max(SmallestSpread, NegligibleSpread * (upper - lower));
        double point = double.NegativeInfinity;
        for (int arm = 0; arm < count; arm++)
            if (Scaled(spreads[arm], exponent) <= negligible) point = Math.Max(point, Scaled(means[arm], exponent) - reference);

        bool pointInPlay = point >= lower;
        if (pointInPlay) lower = point;

        probabilities.Clear();
        int active = 0;
        for (int arm = 0; arm < count; arm++)
        {
            double mean = Scaled(means[arm], exponent) - reference, spread = Scaled(spreads[arm], exponent);
            if (spread <= negligible || mean + Tail * spread <= lower) continue;
            index[active] = arm;
            offset[active] = mean;
            step[active] = spread;
            top[active] = mean + BandTop * spread;
            active++;
        }

        for (int i = 0; i < active; i++) inverse[i] = 1 / step[i];
        won[..active].Clear();
        Integrate(offset[..active], inverse[..active], top[..active], rate[..active], won[..active], lower, upper);
        for (int i = 0; i < active; i++) probabilities[index[i]] = won[i] * inverse[i];

        if (pointInPlay)
        {
            double nobodyAbove = Math.Exp(LogHighest(offset[..active], inverse[..active], rate[..active], lower));
            SharePoint(means, spreads, exponent, reference, negligible, point, nobodyAbove, probabilities);
        }
    }

    /// <summary>In spreads. The highest of many equal arms is sharper than each of them: 1 / sqrt(2 ln K) of its spread, roughly.</summary>
    private static double PanelWidth(int arms) => arms <= 32 ? 1.5 : arms <= 500 ? 1 : .6;

    private static void Integrate(
        ReadOnlySpan<double> offset, ReadOnlySpan<double> inverse, ReadOnlySpan<double> top, Span<double> rate, Span<double> won, double lower, double upper)
    {
        double panelWidth = PanelWidth(offset.Length);
        while (upper > lower && !offset.IsEmpty)
        {
            double width = upper - lower;
            for (int i = 0; i < offset.Length; i++)
            {
                // wide while the arm is far below, then a few spreads at most
                double limit = Math.Max(panelWidth / inverse[i], upper - top[i]);
                if (limit < width) width = limit;
            }

            double half = .5 * width, middle = upper - half, highest = 0;
            for (int k = 0; k < 8; k++)
            {
                int node = k < 4 ? k : 7 - k;
                double u = k < 4 ? middle + half * Nodes[node] : middle - half * Nodes[node];
                highest = Math.Exp(LogHighest(offset, inverse, rate, u));
                AddScaled(won, rate, half * Weights[node] * highest);
            }

            if (highest < NegligibleMass) return;
            double next = upper - width;
            if (!(next < upper)) return;
            upper = next;
        }
    }

    /// <summary>ln F(u); leaves density / cdf of every arm, in its own standard units, in <paramref name="rate"/>.</summary>
    private static double LogHighest(ReadOnlySpan<double> offset, ReadOnlySpan<double> inverse, Span<double> rate, double u)
    {
        double sum = 0;
        ReadOnlySpan<double> table = NormalTable.Coefficients;
        for (int i = 0; i < offset.Length; i++)
        {
            double z = (u - offset[i]) * inverse[i];
            double position = (z + NormalTable.Reach) * NormalTable.CellsPerUnit;
            if (position >= NormalTable.Cells)
            {
                rate[i] = 0;
                continue;
            }

            int cell = Math.Max(0, (int)position);
            double t = position - cell;
            ReadOnlySpan<double> c = table.Slice(cell * NormalTable.Stride, NormalTable.Stride);
            sum += c[0] + t * (c[1] + t * (c[2] + t * c[3]));
            rate[i] = c[4] + t * (c[5] + t * (c[6] + t * c[7]));
        }

        return sum;
    }

    // Plain on purpose: one panel's time is in the table lookups, and vectors cost allocations until the JIT's second tier.
    private static void AddScaled(Span<double> sum, ReadOnlySpan<double> term, double factor)
    {
        for (int i = 0; i < sum.Length && i < term.Length; i++) sum[i] += term[i] * factor;
    }

    private static void SharePoint(
        ReadOnlySpan<double> means, ReadOnlySpan<double> spreads, int exponent, double reference, double negligible, double point, double mass,
        Span<double> probabilities)
    {
        int ties = 0;
        for (int arm = 0; arm < means.Length; arm++)
            if (IsAtPoint(means[arm], spreads[arm])) ties++;

        for (int arm = 0; arm < means.Length; arm++)
            if (IsAtPoint(means[arm], spreads[arm])) probabilities[arm] = mass / ties;

        bool IsAtPoint(double mean, double spread) =>
            Scaled(spread, exponent) <= negligible && Scaled(mean, exponent) - reference == point;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Scaled(double value, int exponent) => exponent == 0 ? value : Math.ScaleB(value, exponent);
}
