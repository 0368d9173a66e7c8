using System.Collections.Immutable;
using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Decisioning.Catalog;

/// <summary>Gives every id of the catalog a number once and for ever; immutable, each addition is a new registry.</summary>
/// <remarks>
/// Facts carry numbers: short, and stable when a catalog drops a thing and takes it up again. An entry also remembers its owner (an
/// offer's campaign), so that an id used again for something else is refused.
/// </remarks>
public sealed class IdRegistry
{
    private const byte Format = 1;
    private readonly ImmutableDictionary<(IdKind Kind, string Id), (int Number, string? Owner)> _numbers;
    private readonly ImmutableDictionary<IdKind, ImmutableList<string>> _ids;

    private IdRegistry(
        ImmutableDictionary<(IdKind Kind, string Id), (int Number, string? Owner)> numbers,
        ImmutableDictionary<IdKind, ImmutableList<string>> ids) =>
        (_numbers, _ids) = (numbers, ids);

    public static IdRegistry Empty { get; } = new(
        ImmutableDictionary<(IdKind Kind, string Id), (int Number, string? Owner)>.Empty,
        ImmutableDictionary<IdKind, ImmutableList<string>>.Empty);

    /// <summary>The number of an id, from 1; 0 when it has none.</summary>
    public int NumberOf(IdKind kind, string id) => _numbers.TryGetValue((kind, id), out var entry) ? entry.Number : 0;

    /// <summary>The id behind a number, or <c>null</c>.</summary>
    public string? IdOf(IdKind kind, int number) =>
        _ids.TryGetValue(kind, out var ids) && number >= 1 && number <= ids.Count ? ids[number - 1] : null;

    /// <summary>Ids of an experiment and of a variant of it; a variant is registered under both, for its own is unique in its experiment only.</summary>
    public (string Experiment, string Variant) VariantOf(int experiment, int variant)
    {
        var id = IdOf(IdKind.Experiment, experiment) ?? "";
        return (id, IdOf(IdKind.Variant, variant) is { } both && both.Length > id.Length ? both[(id.Length + 1)..] : "");
    }

    /// <summary>Owner given when the id was first used; <c>null</c> also when it is unknown.</summary>
    public string? OwnerOf(IdKind kind, string id) => _numbers.TryGetValue((kind, id), out var entry) ? entry.Owner : null;

    /// <summary>How many ids of a kind were ever given a number.</summary>
    public int Count(IdKind kind) => _ids.TryGetValue(kind, out var ids) ? ids.Count : 0;

    /// <summary>This registry when it has the id already, otherwise one that has it. The owner of a known id is not changed.</summary>
    public IdRegistry With(IdKind kind, string id, string? owner, out int number)
    {
        if (_numbers.TryGetValue((kind, id), out var known))
        {
            number = known.Number;
            return this;
        }

        var ids = _ids.GetValueOrDefault(kind, ImmutableList<string>.Empty).Add(id);
        number = ids.Count;
        return new IdRegistry(_numbers.Add((kind, id), (number, owner)), _ids.SetItem(kind, ids));
    }

    public byte[] ToArray()
    {
        using var writer = new ByteWriter(4096);
        writer.Byte(Format);
        writer.Count(_ids.Count);
        foreach (var (kind, ids) in _ids.OrderBy(entry => entry.Key))
        {
            writer.Byte((byte)kind);
            writer.Count(ids.Count);
            foreach (var id in ids)
            {
                writer.Text(id);
                writer.Text(_numbers[(kind, id)].Owner);
            }
        }

        return writer.ToArray();
    }

    /// <exception cref="CorruptDataException">The bytes are not a registry this version knows.</exception>
    public static IdRegistry Read(ReadOnlySpan<byte> data)
    {
        var reader = new ByteReader(data);
        if (reader.Byte() is var format && format != Format)
        {
            throw new CorruptDataException($"id registry has format {format}; this version reads {Format}");
        }

        var numbers = Empty._numbers.ToBuilder();
        var ids = Empty._ids.ToBuilder();
        for (var kinds = reader.Count(); kinds > 0; kinds--)
        {
            var kind = (IdKind)reader.Byte();
            var list = ImmutableList.CreateBuilder<string>();
            for (var count = reader.Count(); count > 0; count--)
            {
                var id = reader.RequiredText();
                list.Add(id);
                numbers.Add((kind, id), (list.Count, reader.Text()));
            }

            ids.Add(kind, list.ToImmutable());
        }

        return new IdRegistry(numbers.ToImmutable(), ids.ToImmutable());
    }
}
