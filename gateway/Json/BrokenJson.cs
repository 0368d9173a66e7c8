using System.Text.Json;
using PmOrleans.Decisioning.Form;

namespace PmOrleans.Gateway.Json;

/// <summary>Tells people where a body stops being JSON.</summary>
internal static class BrokenJson
{
    /// <summary>Whether a name or a text has an escape that names half of a surrogate pair: JSON by its form, and no text for anybody who reads it.</summary>
    public static bool HasHalfCharacter(in Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return false;
        }

        try
        {
            reader.GetString();
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    /// <param name="body">The whole body.</param>
    /// <param name="at">Where the name or the text begins, in bytes.</param>
    public static string HalfCharacter(ReadOnlySpan<byte> body, long at)
    {
        var before = body[..(int)at];
        var line = before.Count((byte)'\n');
        return $"contains a lone surrogate, which is no character, in what begins at line {line + 1}, column {Utf8Place.Column(before, line, before.Length)}";
    }

    /// <param name="broken">What the reader says.</param>
    /// <param name="read">What it was given, whole.</param>
    /// <param name="linesBefore">Lines of the body before that.</param>
    public static string Describe(JsonException broken, ReadOnlySpan<byte> read, int linesBefore = 0)
    {
        // The reader appends the place to its message in words of its own; line and column from 1 are what editors show.
        var message = broken.Message;
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        message = (end < 0 ? message : message[..end]).TrimEnd('.', ' ');

        // Advice to whoever wrote the reader, not to whoever wrote the body.
        var advice = message.IndexOf(" which is not supported in this mode", StringComparison.Ordinal);
        message = advice < 0 ? message : message[..advice];
        var (line, bytes) = (broken.LineNumber ?? 0, broken.BytePositionInLine ?? 0);
        return $"is not valid JSON at line {linesBefore + line + 1}, column {Utf8Place.Column(read, line, bytes)}: {Labels.Shown(message, 200)}";
    }
}
