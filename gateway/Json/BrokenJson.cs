using System.Text.Json;
using PmOrleans.Decisioning.Form;

namespace PmOrleans.Gateway.Json;

/// <summary>Tells people where a body stops being JSON.</summary>
internal static class BrokenJson
{
    /// <param name="broken">What the reader says.</param>
    /// <param name="linesBefore">Lines of the body before the part that was read.</param>
    public static string Describe(JsonException broken, int linesBefore = 0)
    {
        // The reader appends the place to its message in words of its own; line and column from 1 are what editors show.
        var message = broken.Message;
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        message = (end < 0 ? message : message[..end]).TrimEnd('.', ' ');

        // Advice to whoever wrote the reader, not to whoever wrote the body.
        var advice = message.IndexOf(" which is not supported in this mode", StringComparison.Ordinal);
        message = advice < 0 ? message : message[..advice];
        return $"is not valid JSON at line {linesBefore + (broken.LineNumber ?? 0) + 1}, column {(broken.BytePositionInLine ?? 0) + 1}: {Labels.Shown(message, 200)}";
    }
}
