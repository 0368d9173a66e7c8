using PmOrleans.Decisioning.Codec;

namespace PmOrleans.GrainInterfaces.Serialization.Wire;

/// <summary>Writes and reads the values of one type, without a name or a type in the bytes.</summary>
internal abstract class WireValue<T>
{
    public abstract void Write(ByteWriter writer, T value);

    /// <exception cref="CorruptDataException">These bytes were never written.</exception>
    public abstract T Read(ref ByteReader reader);
}
