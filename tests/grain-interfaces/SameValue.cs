using System.Collections;
using System.Reflection;

namespace PmOrleans.GrainInterfaces.Tests;

/// <summary>Whether two values are the same in every field, doubles to the bit; a list may be another kind of list.</summary>
internal static class SameValue
{
    public static void Check(object? expected, object? actual, string path)
    {
        if (expected is null || actual is null)
        {
            Assert.True(expected is null && actual is null, $"{path} is {actual ?? "null"} and was {expected ?? "null"}");
            return;
        }

        switch (expected)
        {
            case double number:
                Assert.True(BitConverter.DoubleToInt64Bits(number) == BitConverter.DoubleToInt64Bits((double)actual), $"{path} is {actual} and was {number}");
                return;
            case ReadOnlyMemory<byte> bytes:
                Assert.True(bytes.Span.SequenceEqual(((ReadOnlyMemory<byte>)actual).Span), path);
                return;
            case string or decimal or TimeSpan or Enum:
                Assert.Equal((path, expected), (path, actual));
                return;
            case IDictionary entries:
                CheckEntries(entries, (IDictionary)actual, path);
                return;
            case IEnumerable items:
                CheckItems([.. items.Cast<object?>()], [.. ((IEnumerable)actual).Cast<object?>()], path);
                return;
        }

        Assert.Equal((path, expected.GetType()), (path, actual.GetType()));
        if (expected.GetType().IsPrimitive)
        {
            Assert.Equal((path, expected), (path, actual));
            return;
        }

        for (var type = expected.GetType(); type != typeof(object) && type != typeof(ValueType); type = type!.BaseType)
        {
            foreach (var field in type!.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                Check(field.GetValue(expected), field.GetValue(actual), $"{path}.{field.Name}");
            }
        }
    }

    private static void CheckEntries(IDictionary expected, IDictionary actual, string path)
    {
        Assert.Equal((path, expected.Count), (path, actual.Count));
        foreach (DictionaryEntry entry in expected)
        {
            Check(entry.Value, actual[entry.Key], $"{path}[{entry.Key}]");
        }
    }

    private static void CheckItems(List<object?> expected, List<object?> actual, string path)
    {
        Assert.Equal((path, expected.Count), (path, actual.Count));
        for (var i = 0; i < expected.Count; i++)
        {
            Check(expected[i], actual[i], $"{path}[{i}]");
        }
    }
}
