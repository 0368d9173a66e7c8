using System.Reflection;
using PmOrleans.Decisioning.Codec;

namespace PmOrleans.GrainInterfaces.Serialization.Wire;

/// <summary>A body of some type, for whoever knows the type only when it runs.</summary>
internal interface IWireBody
{
    void WriteBody(ByteWriter writer, object value);

    object ReadBody(ReadOnlySpan<byte> bytes);
}

/// <summary>
/// An object: its length, how many members were written, and these in order. A later release appends members: an earlier one leaves out what it does not know,
/// and what an earlier one did not write keeps its default.
/// </summary>
internal sealed class WireObject<T> : WireValue<T?>, IWireBody
    where T : class
{
    private static readonly Func<T, object> Clone =
        typeof(object).GetMethod(nameof(MemberwiseClone), BindingFlags.Instance | BindingFlags.NonPublic)!.CreateDelegate<Func<T, object>>();

    /// <summary>Has the default of every member; never handed out.</summary>
    private readonly T _prototype = WireMembers.MakeDefault<T>();
    private readonly WireMember<T>[] _members = WireMembers.Of<T>();

    public override void Write(ByteWriter writer, T? value)
    {
        if (value is null)
        {
            writer.Count(0);
            return;
        }

        var body = WireScratch.Rent();
        WriteBody(body, value);
        WireCount.Write(writer, body.Length);
        writer.Raw(body.Written);
        WireScratch.Return(body);
    }

    public override T? Read(ref ByteReader reader)
    {
        var length = WireCount.Read(ref reader);
        return length < 0 ? null : (T)ReadBody(reader.Raw(length));
    }

    public void WriteBody(ByteWriter writer, object value)
    {
        var owner = (T)value;
        writer.Count(_members.Length);
        foreach (var member in _members)
        {
            member.Write(writer, owner);
        }
    }

    public object ReadBody(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var written = reader.Count();
        var made = (T)Clone(_prototype);
        for (var i = 0; i < _members.Length && i < written; i++)
        {
            _members[i].Read(ref reader, made);
        }

        return made;
    }
}
