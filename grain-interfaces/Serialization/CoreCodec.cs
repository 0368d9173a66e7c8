using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.WireProtocol;
using PmOrleans.GrainInterfaces.Serialization.Wire;

namespace PmOrleans.GrainInterfaces.Serialization;

/// <summary>
/// Carries the core's types between silos: the type, then the value in one of the <see cref="WireFormat"/>s, whose number is that of its field. Members that one
/// side does not know are skipped and those that it misses keep their default, so two releases understand each other during a rolling upgrade.
/// </summary>
/// <remarks>A call inside a silo never comes here.</remarks>
[Alias("PmOrleans.Core")]
public sealed class CoreCodec(WireSettings settings) : IGeneralizedCodec, ITypeFilter
{
    private static readonly JsonSerializerOptions Json = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public bool IsSupportedType(Type type) => type == typeof(CoreCodec) || CoreTypes.Travels(type);

    public bool? IsTypeAllowed(Type type) => IsSupportedType(type) ? true : null;

    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, object? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
        {
            return;
        }

        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(CoreCodec), WireType.TagDelimited);
        ReferenceCodec.MarkValueField(writer.Session);
        writer.WriteFieldHeaderExpected(0, WireType.LengthPrefixed);
        writer.Session.TypeCodec.WriteLengthPrefixed(ref writer, value!.GetType());
        ReferenceCodec.MarkValueField(writer.Session);
        var format = settings.Writes;
        writer.WriteFieldHeaderExpected((uint)format, WireType.LengthPrefixed);
        if (format == WireFormat.Binary)
        {
            var body = WireScratch.Rent();
            WireValues.BodyOf(value.GetType()).WriteBody(body, value);
            writer.WriteVarUInt32((uint)body.Length);
            writer.Write(body.Written);
            WireScratch.Return(body);
        }
        else
        {
            var body = JsonSerializer.SerializeToUtf8Bytes(value, value.GetType(), Json);
            writer.WriteVarUInt32((uint)body.Length);
            writer.Write(body);
        }

        writer.WriteEndObject();
    }

    public object? ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.IsReference)
        {
            return ReferenceCodec.ReadReference(ref reader, field.FieldType);
        }

        field.EnsureWireTypeTagDelimited();
        var placeholder = ReferenceCodec.CreateRecordPlaceholder(reader.Session);
        Type? type = null;
        object? value = null;
        uint fieldId = 0;
        while (true)
        {
            var header = reader.ReadFieldHeader();
            if (header.IsEndBaseOrEndObject)
            {
                break;
            }

            fieldId += header.FieldIdDelta;
            switch (fieldId)
            {
                case 0:
                    ReferenceCodec.MarkValueField(reader.Session);
                    type = reader.Session.TypeCodec.ReadLengthPrefixed(ref reader);
                    break;
                case (uint)WireFormat.Json when type is not null && CoreTypes.Travels(type):
                    ReferenceCodec.MarkValueField(reader.Session);
                    value = JsonSerializer.Deserialize(reader.ReadBytes(reader.ReadVarUInt32()), type, Json);
                    break;
                case (uint)WireFormat.Binary when type is not null && CoreTypes.Travels(type):
                    ReferenceCodec.MarkValueField(reader.Session);
                    value = WireValues.BodyOf(type).ReadBody(reader.ReadBytes(reader.ReadVarUInt32()));
                    break;
                case (uint)WireFormat.Json or (uint)WireFormat.Binary:
                    throw new InvalidDataException($"'{type?.FullName}' is no type of the core that travels");
                default:
                    reader.ConsumeUnknownField(header);
                    break;
            }
        }

        if (value is null)
        {
            throw new InvalidDataException($"'{type?.FullName}' came in no form that this release reads; a sender must not write a newer one before every silo reads it");
        }

        ReferenceCodec.RecordObject(reader.Session, value, placeholder);
        return value;
    }
}
