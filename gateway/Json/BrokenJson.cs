using System.Text.Json;

namespace PmOrleans.Gateway.Json;

/// <summary>Tells people where a body stops being JSON.</summary>
internal static class BrokenJson
{
    public static string Describe(JsonException broken)
    {
        // The reader appends the place to its message in words of its own; line and column from 1 are what editors show.
        var message = broken.Message;
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        message = (end < 0 ? message : message[..end]).TrimEnd('.', ' ');
        return $"is not valid JSON at line {(broken.LineNumber ?? 0) + 1}, column {(broken.BytePositionInLine ?? 0) + 1}: {JsonInput.Shown(message, 200)}";
    }
}
