namespace PmOrleans.Decisioning.Learning;

/// <summary>Quantiles of the Beta distribution, for reports: precise to 1e-9 up to a strength of 1e6, to 1e-5 relative beyond; not fast.</summary>
internal static class BetaQuantile
{
    /// <summary>The rate below which a share of Beta(alpha, beta) lies. Both parameters above 0, share in (0, 1).</summary>
    public static double Of(double share, double alpha, double beta)
    {
        // Bisection in ln(x / (1 - x)): quantiles next to 0 or 1 keep their digits
        double low = -800, high = 800;
        for (int step = 0; step < 100 && high - low > 1e-13 * Math.Max(1, Math.Abs(low)); step++)
        {
            double middle = .5 * (low + high);
            if (Cdf(middle, alpha, beta) < share) low = middle;
            else high = middle;
        }

        return 1 / (1 + Math.Exp(-.5 * (low + high)));
    }

    /// <summary>Regularised incomplete beta at x = 1 / (1 + exp(-logit)).</summary>
    internal static double Cdf(double logit, double alpha, double beta)
    {
        double x = 1 / (1 + Math.Exp(-logit)), complement = 1 / (1 + Math.Exp(logit));
        if (x == 0) return 0;
        if (complement == 0) return 1;
        double logX = -Math.Log(1 + Math.Exp(-logit)), logComplement = -Math.Log(1 + Math.Exp(logit));
        double front = Math.Exp(LogGamma(alpha + beta) - LogGamma(alpha) - LogGamma(beta) + alpha * logX + beta * logComplement);
        // the fraction converges fast below the mean; above it the mirrored one does
        return x < (alpha + 1) / (alpha + beta + 2)
            ? front * Fraction(x, alpha, beta) / alpha
            : 1 - front * Fraction(complement, beta, alpha) / beta;
    }

    /// <summary>Lentz's evaluation of the continued fraction DLMF 8.17.22.</summary>
    private static double Fraction(double x, double a, double b)
    {
        const double tiny = 1e-300;
        double c = 1, d = 1 / NotZero(1 - (a + b) * x / (a + 1)), fraction = d;
        for (int m = 1; m < 100_000; m++)
        {
            double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 / NotZero(1 + even * d);
            c = NotZero(1 + even / c);
            fraction *= d * c;
            double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 / NotZero(1 + odd * d);
            c = NotZero(1 + odd / c);
            fraction *= d * c;
            if (Math.Abs(d * c - 1) < 1e-15) break;
        }

        return fraction;

        static double NotZero(double value) => Math.Abs(value) < tiny ? tiny : value;
    }

    /// <summary>ln of the gamma function for x above 0: Stirling's series above 10, recurrence below.</summary>
    internal static double LogGamma(double x)
    {
        double shift = 0;
        while (x < 10) shift += Math.Log(x++);
        double inverse = 1 / x, square = inverse * inverse;
        double series = inverse * (1 / 12.0 - square * (1 / 360.0 - square * (1 / 1260.0 - square * (1 / 1680.0 - square * (1 / 1188.0 - square * 691 / 360360.0)))));
        return (x - .5) * Math.Log(x) - x + .9189385332046727418 + series - shift;
    }
}
