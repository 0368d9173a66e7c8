namespace PmOrleans.Gateway.Json;

/// <summary>The rule for ids and names: 1 to so many characters after trimming, no control characters, case-sensitive.</summary>
internal static class Labels
{
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
