using System.Globalization;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Tests.Rules.Conformance;

/// <summary>Values and types of the conformance files as ours; null for what needs protocol buffer messages or extensions.</summary>
internal static class ConformanceValue
{
    public static CelValue? Read(TextProto value)
    {
        switch (value.Choice)
        {
            case "null_value":
                return CelValue.Null;
            case "bool_value":
                return CelValue.Of(value.Word("bool_value") == "true");
            case "int64_value":
                return CelValue.Of(long.Parse(value.Word("int64_value")!, CultureInfo.InvariantCulture));
            case "uint64_value":
                return CelValue.Of(ulong.Parse(value.Word("uint64_value")!, CultureInfo.InvariantCulture));
            case "double_value":
                return CelValue.Of(ReadDouble(value.Word("double_value")!));
            case "string_value":
                return CelValue.Of(value.Text("string_value")!);
            case "bytes_value":
                return CelValue.Of(value.Octets("bytes_value")!);
            case "type_value":
                return CelValue.TypeNamed(value.Text("type_value")!);
            case "list_value":
                return ReadList(value.Message("list_value")!);
            case "map_value":
                return ReadMap(value.Message("map_value")!);
            case "object_value":
                return ReadTime(value.Message("object_value")!);
            default:
                return null;
        }
    }

    public static CelType? ReadType(TextProto type)
    {
        switch (type.Choice)
        {
            case "primitive":
                return type.Word("primitive") switch
                {
                    "BOOL" => CelType.Bool,
                    "INT64" => CelType.Int,
                    "UINT64" => CelType.Uint,
                    "DOUBLE" => CelType.Double,
                    "STRING" => CelType.String,
                    _ => CelType.Bytes,
                };
            case "null":
                return CelType.Null;
            case "dyn":
                return CelType.Dyn;
            case "well_known":
                return type.Word("well_known") switch { "TIMESTAMP" => CelType.Timestamp, "DURATION" => CelType.Duration, _ => null };
            case "message_type":
                return type.Text("message_type") switch
                {
                    "google.protobuf.Timestamp" => CelType.Timestamp,
                    "google.protobuf.Duration" => CelType.Duration,
                    _ => null,
                };
            case "list_type":
                return type.Message("list_type")!.Message("elem_type") is { } e && ReadType(e) is { } element ? CelType.List(element) : null;
            case "map_type":
                var map = type.Message("map_type")!;
                return ReadType(map.Message("key_type")!) is { } key && ReadType(map.Message("value_type")!) is { } value
                    ? CelType.Map(key, value)
                    : null;
            default:
                return null;
        }
    }

    /// <summary>The very value: kinds must agree, NaN is NaN, and -0.0 is not 0.0.</summary>
    public static bool Same(in CelValue expected, in CelValue actual)
    {
        if (expected.Kind != actual.Kind)
            return false;
        switch (expected.Kind)
        {
            case CelKind.Double:
                return expected.AsDouble().Equals(actual.AsDouble())
                    && double.IsNegative(expected.AsDouble()) == double.IsNegative(actual.AsDouble());
            case CelKind.List:
                var (a, b) = (expected.AsList(), actual.AsList());
                return a.Count == b.Count && Enumerable.Range(0, a.Count).All(i => Same(a[i], b[i]));
            case CelKind.Map:
                var (m, n) = (expected.AsMap(), actual.AsMap());
                return m.Count == n.Count && Enumerable.Range(0, m.Count).All(i =>
                    m.TryGet(m.KeyAt(i), out var x) && n.TryGet(m.KeyAt(i), out var y) && Same(in x, in y));
            default:
                return expected.Equals(actual);
        }
    }

    private static double ReadDouble(string word) => word.TrimStart('-').ToUpperInvariant() switch
    {
        "INF" or "INFINITY" => word[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity,
        "NAN" => double.NaN,
        _ => double.Parse(word, CultureInfo.InvariantCulture),
    };

    private static CelValue? ReadList(TextProto list)
    {
        var elements = list.Messages("values").Select(Read).ToArray();
        return elements.All(e => e.HasValue) ? CelValue.ListOf([.. elements.Select(e => e!.Value)]) : null;
    }

    private static CelValue? ReadMap(TextProto map)
    {
        var entries = map.Messages("entries").Select(e => (Key: Read(e.Message("key")!), Value: Read(e.Message("value")!))).ToArray();
        return entries.All(e => e is { Key: not null, Value: not null })
            ? CelValue.Of(new CelDictionaryMap(entries.Select(e => KeyValuePair.Create(e.Key!.Value, e.Value!.Value))))
            : null;
    }

    private static CelValue? ReadTime(TextProto any)
    {
        const string prefix = "[type.googleapis.com/google.protobuf.";
        var seconds = (TextProto m) => long.Parse(m.Word("seconds") ?? "0", CultureInfo.InvariantCulture);
        var nanos = (TextProto m) => int.Parse(m.Word("nanos") ?? "0", CultureInfo.InvariantCulture);
        if (any.Message(prefix + "Duration]") is { } duration)
            return CelValue.OfNanoseconds(seconds(duration) * CelTime.NanosPerSecond + nanos(duration));
        return any.Message(prefix + "Timestamp]") is { } timestamp ? CelTime.FromSeconds(seconds(timestamp), nanos(timestamp)) : null;
    }
}
