using System.Reflection;
using System.Runtime.CompilerServices;
using PmOrleans.Decisioning.Codec;

namespace PmOrleans.GrainInterfaces.Serialization.Wire;

/// <summary>One member of an object.</summary>
internal abstract class WireMember<TOwner>
{
    public abstract void Write(ByteWriter writer, TOwner owner);

    public abstract void Read(ref ByteReader reader, TOwner owner);
}

/// <param name="property">Read and set, init-only or not.</param>
internal sealed class WireMember<TOwner, TMember>(PropertyInfo property) : WireMember<TOwner>
{
    private readonly WireValue<TMember> _value = (WireValue<TMember>)WireValues.Of(typeof(TMember));
    private readonly Func<TOwner, TMember> _get = property.GetMethod!.CreateDelegate<Func<TOwner, TMember>>();
    private readonly Action<TOwner, TMember> _set = property.SetMethod!.CreateDelegate<Action<TOwner, TMember>>();

    public override void Write(ByteWriter writer, TOwner owner) => _value.Write(writer, _get(owner));

    public override void Read(ref ByteReader reader, TOwner owner) => _set(owner, _value.Read(ref reader));
}

/// <summary>Which members a type has on the wire: all that can be set, in the order of their declaration. A golden file keeps that order.</summary>
internal static class WireMembers
{
    public static WireMember<T>[] Of<T>() =>
        [.. PropertiesOf(typeof(T)).Select(property => (WireMember<T>)Activator.CreateInstance(typeof(WireMember<,>).MakeGenericType(typeof(T), property.PropertyType), property)!)];

    public static IEnumerable<PropertyInfo> PropertiesOf(Type type) => type
        .GetProperties(BindingFlags.Instance | BindingFlags.Public)
        .Where(property => property is { CanRead: true, CanWrite: true } && property.GetIndexParameters().Length == 0)
        .OrderBy(property => property.MetadataToken);

    /// <summary>An instance as its constructor makes it when it is told nothing.</summary>
    public static T MakeDefault<T>()
        where T : class
    {
        var constructor = typeof(T).GetConstructors().OrderBy(one => one.GetParameters().Length).First();
        var arguments = constructor.GetParameters().Select(parameter =>
            parameter.HasDefaultValue && parameter.DefaultValue is { } value ? value
            : parameter.ParameterType.IsValueType ? RuntimeHelpers.GetUninitializedObject(parameter.ParameterType) : null);
        return (T)constructor.Invoke([.. arguments]);
    }
}
