using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Facts;

/// <summary>
/// The one codec of facts: for the log, the wire and exports. A record is two byte strings: the accounting parts, which stay, and the personal
/// parts, which an erasure removes.
/// </summary>
/// <remarks>
/// Layout, format 1: <c>format:byte count:varint { kind:byte body:blob }*</c>, in both strings, item for item. A body is read up to its length
/// and no further, so that a later format may append fields; a kind nobody knows is kept as <see cref="UnknownFact"/>.
/// </remarks>
public static class FactCodec
{
    public const byte Format = 1;

    /// <summary>Appends a record to two empty writers.</summary>
    public static void Write(IReadOnlyList<Fact> facts, ByteWriter accounting, ByteWriter personal, ByteWriter scratch)
    {
        accounting.Byte(Format);
        accounting.Count(facts.Count);
        personal.Byte(Format);
        personal.Count(facts.Count);
        for (var i = 0; i < facts.Count; i++)
        {
            var fact = facts[i];
            accounting.Byte((byte)fact.Kind);
            scratch.Clear();
            FactBodies.WriteAccounting(fact, scratch);
            accounting.Blob(scratch.Written);

            personal.Byte((byte)fact.Kind);
            scratch.Clear();
            FactBodies.WritePersonal(fact, scratch);
            personal.Blob(scratch.Written);
        }
    }

    /// <summary>Reads a record; without its personal string (erased) the facts come with what is left.</summary>
    /// <exception cref="CorruptDataException">Damaged, cut, or of a later format.</exception>
    public static List<Fact> Read(ReadOnlySpan<byte> accounting, ReadOnlySpan<byte> personal)
    {
        var facts = new List<Fact>();
        Read(accounting, personal, foldedWith: null, facts);
        return facts;
    }

    /// <summary>
    /// Reads a record for <see cref="CustomerState.Apply"/> and nothing else: of touchpoints and decisions only what it looks at with this catalog. Touchpoints
    /// come without ids and currency, and without properties when no metric of their type reads any; decisions without id, context and candidates.
    /// </summary>
    /// <param name="facts">What was in it is replaced.</param>
    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public static void ReadToFold(ReadOnlySpan<byte> accounting, ReadOnlySpan<byte> personal, CatalogSnapshot catalog, List<Fact> facts)
    {
        facts.Clear();
        Read(accounting, personal, catalog, facts);
    }

    private static void Read(ReadOnlySpan<byte> accounting, ReadOnlySpan<byte> personal, CatalogSnapshot? foldedWith, List<Fact> facts)
    {
        var left = new ByteReader(accounting);
        var right = new ByteReader(personal);
        var count = Begin(ref left);
        var hasPersonal = personal.Length > 0;
        if (hasPersonal && Begin(ref right) != count)
        {
            throw new CorruptDataException("the accounting and personal parts of a record hold different numbers of facts");
        }

        facts.EnsureCapacity(count);
        for (var i = 0; i < count; i++)
        {
            var kind = left.Byte();
            var accountingBody = left.Blob();
            ReadOnlySpan<byte> personalBody = default;
            if (hasPersonal)
            {
                if (right.Byte() != kind)
                {
                    throw new CorruptDataException("the accounting and personal parts of a record hold different facts");
                }

                personalBody = right.Blob();
            }

            facts.Add(FactBodies.Read(kind, accountingBody, personalBody, foldedWith));
        }

        left.End();
        right.End();
    }

    private static int Begin(ref ByteReader reader)
    {
        var format = reader.Byte();
        if (format != Format)
        {
            throw new CorruptDataException($"a record has format {format}; this version reads {Format}");
        }

        // A fact is at least its kind and the length of its body.
        return reader.Items(2);
    }
}
