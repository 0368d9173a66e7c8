using System.Text.Json;
using System.Text.Unicode;
using PmOrleans.Decisioning.Form;

namespace PmOrleans.Gateway.Json;

/// <summary>Reads one JSON body and collects every mistake in it; what is read wrong comes out as <c>null</c> or empty.</summary>
/// <remarks>
/// A broken form (syntax, depth, bytes after the end) throws <see cref="JsonException"/>: nothing after it can be understood. Everything else is an
/// error in <see cref="Errors"/> and reading goes on. Members are matched case-sensitively; JSON null stands for an absent member.
/// </remarks>
internal ref partial struct JsonInput
{
    /// <summary>Deepest nesting of arrays and objects in a body.</summary>
    public const int MaxDepth = NestedJson.MaxDepth;

    /// <summary>Bytes that a caller provides for names and texts that are escaped.</summary>
    public const int ScratchLength = 256;

    private readonly ReadOnlySpan<byte> _body;
    private readonly Span<byte> _scratch;
    private Utf8JsonReader _reader;

    public JsonInput(ReadOnlySpan<byte> body, Span<byte> scratch, ErrorList errors)
    {
        // Some editors and shells put a byte order mark before everything they send; it is no mistake of the sender.
        _body = body.StartsWith("\uFEFF"u8) ? body[3..] : body;
        _scratch = scratch;
        _reader = new Utf8JsonReader(_body, new JsonReaderOptions { MaxDepth = MaxDepth });
        Errors = errors;
    }

    public ErrorList Errors { get; set; }

    public readonly JsonTokenType Token => _reader.TokenType;

    /// <summary>Moves to the first value; false, with an error, when the body is empty or not UTF-8.</summary>
    public bool Begin()
    {
        if (_body.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            Errors.Add(FieldPath.Body, "is empty; JSON is expected");
            return false;
        }

        if (!Utf8.IsValid(_body))
        {
            Errors.Add(FieldPath.Body, "is not valid UTF-8");
            return false;
        }

        return _reader.Read();
    }

    /// <summary>Checks that nothing follows the value.</summary>
    public void End()
    {
        while (_reader.Read())
        {
        }
    }

    /// <summary>Enters an object; false, with an error, when the value is something else, which is skipped.</summary>
    public bool BeginObject(string field)
    {
        if (_reader.TokenType == JsonTokenType.StartObject)
        {
            return true;
        }

        Errors.Add(field, $"must be an object, not {Kind()}");
        _reader.Skip();
        return false;
    }

    /// <summary>Enters an array; false when the value is null or, with an error, something else, which is skipped.</summary>
    public bool BeginArray(FieldPath path, string name) => Expect(JsonTokenType.StartArray, path, name, "an array");

    /// <summary>Moves to the next element; false at the end of the array.</summary>
    public bool NextElement()
    {
        _reader.Read();
        return _reader.TokenType != JsonTokenType.EndArray;
    }

    /// <summary>Moves to the value of the next member; false at the end of the object.</summary>
    /// <param name="name">UTF-8 without escapes; valid until the next call. Empty when it is longer than any known name.</param>
    public bool NextMember(out ReadOnlySpan<byte> name)
    {
        _reader.Read();
        if (_reader.TokenType == JsonTokenType.EndObject)
        {
            name = default;
            return false;
        }

        name = _reader.ValueIsEscaped ? Unescaped() : _reader.ValueSpan;
        _reader.Read();
        return true;
    }

    /// <summary>True for the first occurrence of a member; a second one is an error and skipped.</summary>
    public bool Once(ref uint seen, int member, FieldPath path, string name)
    {
        var bit = 1u << member;
        if ((seen & bit) == 0)
        {
            seen |= bit;
            return true;
        }

        Errors.Add(path.Of(name), "appears more than once");
        _reader.Skip();
        return false;
    }

    /// <summary>Reports a member nobody knows, with the name that may have been meant, and skips its value.</summary>
    public void Unknown(FieldPath path, ReadOnlySpan<byte> name, IReadOnlyList<string> known)
    {
        var text = Labels.Shown(System.Text.Encoding.UTF8.GetString(name));
        var nearest = Spelling.Nearest(text, known);
        Errors.Add(path.Of(text), nearest is null
            ? $"is not a known field; known are {string.Join(", ", known)}"
            : $"is not a known field; did you mean '{nearest}'?");
        _reader.Skip();
    }

    public void Skip() => _reader.Skip();

    private readonly string Kind() => _reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        _ => "null",
    };

    private bool Expect(JsonTokenType type, FieldPath path, string name, string wanted)
    {
        if (_reader.TokenType == type)
        {
            return true;
        }

        if (_reader.TokenType != JsonTokenType.Null)
        {
            Errors.Add(path.Of(name), $"must be {wanted}, not {Kind()}");
        }

        _reader.Skip();
        return false;
    }

    private readonly ReadOnlySpan<byte> Unescaped()
    {
        if (_reader.ValueSpan.Length > _scratch.Length)
        {
            return default;
        }

        try
        {
            return _scratch[.._reader.CopyString(_scratch)];
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: no known name, and the empty one is refused.
            return default;
        }
    }
}
