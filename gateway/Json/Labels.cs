using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Gateway.Json;

/// <summary>The rule for ids and names: 1 to so many characters after trimming, no control characters, case-sensitive.</summary>
internal static class Labels
{
    /// <summary>What is wrong with a trimmed id, or <c>null</c>. Ids stand in addresses, out of which <c>.</c> and <c>..</c> vanish even encoded.</summary>
    public static string? WrongId(string id) =>
        id is "." or ".." ? $"is '{id}', which cannot stand in an address" : Wrong(id, TouchpointLimits.IdLength);

    /// <summary>What is wrong with a trimmed label, or <c>null</c>.</summary>
    public static string? Wrong(string label, int most)
    {
        if (label.Length == 0)
        {
            return $"is empty; 1 to {most} characters are needed";
        }

        if (label.Length > most)
        {
            return $"has {label.Length} characters; allowed are 1 to {most}";
        }

        foreach (var character in label)
        {
            if (char.IsControl(character))
            {
                return $"contains the control character U+{(int)character:X4}";
            }
        }

        return null;
    }
}
