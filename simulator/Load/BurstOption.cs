using System.Globalization;

namespace PmOrleans.Simulator.Load;

/// <summary>A burst: <c>at=10s,for=5s,x=4</c>.</summary>
public sealed record BurstOption(double AtSeconds, double ForSeconds, double Factor)
{
    /// <exception cref="InputException">It does not read so.</exception>
    public static BurstOption Parse(string text)
    {
        double? at = null, length = null, factor = null;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var number = part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..].TrimEnd('s');
            if (!double.TryParse(number, CultureInfo.InvariantCulture, out var value) || value < 0)
            {
                throw Wrong(text);
            }

            switch (part.Split('=')[0])
            {
                case "at":
                    at = value;
                    break;
                case "for":
                    length = value;
                    break;
                case "x":
                    factor = value;
                    break;
                default:
                    throw Wrong(text);
            }
        }

        return at is { } a && length is > 0 and { } l && factor is > 0 and <= 1000 and { } f ? new BurstOption(a, l, f) : throw Wrong(text);
    }

    private static InputException Wrong(string text) => new($"--burst is '{text}'; allowed is at=SECONDS,for=SECONDS,x=TIMES such as at=10s,for=5s,x=4");
}
