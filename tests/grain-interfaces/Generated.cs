using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.GrainInterfaces.Tests;

/// <summary>Values of any type that travels, member by member from a seed: nulls, empty lists, extremes and strange texts come often.</summary>
internal sealed class Generated(int seed)
{
    private static readonly string[] Texts = ["", " ", "c-42", "清和小铺", "a\"b\\c", "\u2028", "🦉", new('x', 300)];
    private static readonly double[] Doubles = [0, -0.0, 1.5, double.Epsilon, double.MaxValue, double.MinValue, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0.1];
    private static readonly long[] Longs = [0, 1, -1, long.MaxValue, long.MinValue, 1_700_000_000_000_000];

    private readonly Random _random = new(seed);

    public object Of(Type type) => Make(type, 0) ?? throw new InvalidOperationException($"{type} may not be null");

    private object? Make(Type type, int depth)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return _random.Next(3) == 0 ? null : Make(inner, depth);
        }

        if (type.IsEnum)
        {
            var values = Enum.GetValues(type);
            return values.GetValue(_random.Next(values.Length));
        }

        return Type.GetTypeCode(type) switch
        {
            TypeCode.String => Texts[_random.Next(Texts.Length)],
            TypeCode.Boolean => _random.Next(2) == 0,
            TypeCode.Byte => (byte)_random.Next(256),
            TypeCode.Int32 => (int)Longs[_random.Next(Longs.Length)],
            TypeCode.Int64 => Longs[_random.Next(Longs.Length)],
            TypeCode.UInt64 => (ulong)Longs[_random.Next(Longs.Length)],
            TypeCode.Double => Doubles[_random.Next(Doubles.Length)],
            TypeCode.Decimal => _random.Next(3) switch { 0 => decimal.MaxValue, 1 => -0.01m, _ => 12.340m },
            _ => MakeOther(type, depth),
        };
    }

    private object MakeOther(Type type, int depth)
    {
        if (type == typeof(TimeSpan))
        {
            return TimeSpan.FromTicks(Longs[_random.Next(Longs.Length)]);
        }

        if (type == typeof(ReadOnlyMemory<byte>))
        {
            return new ReadOnlyMemory<byte>((byte[])Make(typeof(byte[]), depth)!);
        }

        if (type == typeof(PropertyValue))
        {
            return _random.Next(5) switch
            {
                0 => default(PropertyValue),
                1 => PropertyValue.Of(Texts[_random.Next(Texts.Length)]),
                2 => PropertyValue.Of((double)_random.Next()),
                3 => PropertyValue.Of(_random.Next(2) == 0),
                _ => PropertyValue.OfJson("[1,{\"a\":null}]"),
            };
        }

        if (type.IsArray)
        {
            return Many(type.GetElementType()!, depth);
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            return Many(type.GetGenericArguments()[0], depth);
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
        {
            var arguments = type.GetGenericArguments();
            var dictionary = (System.Collections.IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(arguments))!;
            for (var n = _random.Next(3); n > 0; n--)
            {
                dictionary[n.ToString(CultureInfo.InvariantCulture) + Texts[_random.Next(Texts.Length)]] = Make(arguments[1], depth + 1);
            }

            return dictionary;
        }

        var made = RuntimeHelpers.GetUninitializedObject(type);
        var nullability = new NullabilityInfoContext();
        foreach (var property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(property => property.CanWrite))
        {
            var mayBeNull = !property.PropertyType.IsValueType && nullability.Create(property).ReadState == NullabilityState.Nullable;
            property.SetValue(made, mayBeNull && _random.Next(3) == 0 ? null : Make(property.PropertyType, depth + 1));
        }

        return made;
    }

    private Array Many(Type element, int depth)
    {
        var many = Array.CreateInstance(element, depth > 4 ? 0 : _random.Next(4));
        for (var i = 0; i < many.Length; i++)
        {
            many.SetValue(Make(element, depth + 1), i);
        }

        return many;
    }
}
