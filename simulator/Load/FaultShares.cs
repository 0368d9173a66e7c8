using System.Globalization;

namespace PmOrleans.Simulator.Load;

/// <summary>Share of the requests that are wrong on purpose, each from 0 to 1.</summary>
public sealed record FaultShares
{
    /// <summary>Sent again as they were: must be answered as the first time, and change nothing.</summary>
    public double Duplicates { get; init; }

    /// <summary>Touchpoints that claim to be two hours old.</summary>
    public double Late { get; init; }

    /// <summary>Touchpoints sent in the reverse order of their times.</summary>
    public double Reordered { get; init; }

    /// <summary>Broken JSON, unknown members, wrong types: must be answered with 400.</summary>
    public double Malformed { get; init; }

    public double Total => Duplicates + Late + Reordered + Malformed;

    /// <summary>Reads <c>duplicates=0.02,late=0.01</c>.</summary>
    /// <exception cref="InputException">A name is unknown or a share no number.</exception>
    public static FaultShares Parse(string text)
    {
        var shares = new FaultShares();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = part.Split('=');
            if (pair.Length != 2 || !double.TryParse(pair[1], CultureInfo.InvariantCulture, out var share))
            {
                throw new InputException($"--faults has '{part}'; allowed is name=share, such as duplicates=0.02");
            }

            shares = pair[0] switch
            {
                "duplicates" => shares with { Duplicates = share },
                "late" => shares with { Late = share },
                "reordered" => shares with { Reordered = share },
                "malformed" => shares with { Malformed = share },
                _ => throw new InputException($"--faults has '{pair[0]}'; allowed are duplicates, late, reordered, malformed"),
            };
        }

        return shares;
    }

    public IReadOnlyList<string> Validate() =>
        new[] { Duplicates, Late, Reordered, Malformed }.Any(share => share is not (>= 0 and <= 1)) || Total > 1
            ? [$"--faults sum to {Total}; each must be from 0 to 1, and their sum at most 1"]
            : [];
}
