using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Facts;

/// <summary>Stored form of named values: <c>count { name kind value }*</c>.</summary>
internal static class PropertyBody
{
    public static void Write(Property[] properties, ByteWriter writer)
    {
        writer.Count(properties.Length);
        foreach (var (name, value) in properties)
        {
            writer.Text(name);
            writer.Byte((byte)value.Kind);
            switch (value.Kind)
            {
                case PropertyKind.Text or PropertyKind.Json:
                    writer.Text(value.Text);
                    break;
                case PropertyKind.Number:
                    writer.Double(value.Number);
                    break;
                case PropertyKind.Bool:
                    writer.Bool(value.Flag);
                    break;
            }
        }
    }

    public static Property[] Read(ref ByteReader reader)
    {
        // A property is at least the length of its name and its kind.
        var count = reader.Items(2);
        if (count == 0)
        {
            return [];
        }

        var properties = new Property[count];
        for (var i = 0; i < count; i++)
        {
            var name = NamePool.FindRequired(ref reader);
            var kind = (PropertyKind)reader.Byte();
            properties[i] = new Property(name, kind switch
            {
                PropertyKind.Null => default,
                PropertyKind.Text => PropertyValue.Of(reader.RequiredText()),
                PropertyKind.Json => PropertyValue.OfJson(reader.RequiredText()),
                PropertyKind.Number => PropertyValue.Of(reader.Double()),
                PropertyKind.Bool => PropertyValue.Of(reader.Bool()),
                _ => throw new CorruptDataException($"a property has kind {(byte)kind}"),
            });
        }

        return properties;
    }

    public static void Skip(ref ByteReader reader)
    {
        for (var left = reader.Items(2); left > 0; left--)
        {
            reader.SkipText();
            switch ((PropertyKind)reader.Byte())
            {
                case PropertyKind.Null:
                    break;
                case PropertyKind.Text or PropertyKind.Json:
                    reader.SkipText();
                    break;
                case PropertyKind.Number:
                    reader.Double();
                    break;
                case PropertyKind.Bool:
                    reader.Bool();
                    break;
                case var other:
                    throw new CorruptDataException($"a property has kind {(byte)other}");
            }
        }
    }
}
