using System.Collections.Concurrent;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Segments;

namespace PmOrleans.GrainInterfaces.Serialization.Wire;

/// <summary>Finds how values of a type are written. A type that has no form is a mistake of the programmer's: a test asks for all that travel.</summary>
internal static class WireValues
{
    private static readonly ConcurrentDictionary<Type, object> Known = new()
    {
        [typeof(string)] = new WireText(),
        [typeof(bool)] = new WireBool(),
        [typeof(int)] = new WireInt(),
        [typeof(long)] = new WireLong(),
        [typeof(ulong)] = new WireHash(),
        [typeof(double)] = new WireDouble(),
        [typeof(decimal)] = new WireDecimal(),
        [typeof(TimeSpan)] = new WireTime(),
        [typeof(byte[])] = new WireBytes(),
        [typeof(ReadOnlyMemory<byte>)] = new WireMemory(),
        [typeof(Property)] = new WireProperty(),
        [typeof(SegmentMinute)] = new WireSegmentMinute(),
    };

    /// <returns>A <see cref="WireValue{T}"/> of that type.</returns>
    /// <exception cref="NotSupportedException">The type has no form.</exception>
    public static object Of(Type type) => Known.GetOrAdd(type, Make);

    /// <exception cref="NotSupportedException">The type has no form.</exception>
    public static IWireBody BodyOf(Type type) => Of(type) as IWireBody ?? throw new NotSupportedException($"{type} is no object of its own");

    public static bool IsObject(Type type) =>
        type is { IsClass: true, IsAbstract: false, IsArray: false, IsGenericType: false } && type.Namespace?.StartsWith("PmOrleans.", StringComparison.Ordinal) == true;

    private static object Make(Type type)
    {
        if (type.IsEnum)
        {
            return New(typeof(WireEnum<>), type);
        }

        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return New(typeof(WireNullable<>), inner, Of(inner));
        }

        if (type.IsSZArray)
        {
            return New(typeof(WireArray<>), type.GetElementType()!, Of(type.GetElementType()!));
        }

        if (type.IsGenericType)
        {
            var (definition, arguments) = (type.GetGenericTypeDefinition(), type.GetGenericArguments());
            if (definition == typeof(IReadOnlyList<>))
            {
                return New(typeof(WireList<>), arguments[0], Of(arguments[0]));
            }

            if (definition == typeof(IReadOnlyDictionary<,>) && arguments[0] == typeof(string))
            {
                return New(typeof(WireMap<>), arguments[1], Of(arguments[1]));
            }
        }

        return IsObject(type)
            ? New(typeof(WireObject<>), type)
            : throw new NotSupportedException($"{type} has no form on the wire");
    }

    private static object New(Type definition, Type argument, params object[] arguments) =>
        Activator.CreateInstance(definition.MakeGenericType(argument), arguments)!;
}
