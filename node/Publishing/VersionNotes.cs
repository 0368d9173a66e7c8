using PmOrleans.Decisioning.Codec;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Publishing;

/// <summary>What the history says of each version, kept beside it in a small value of its own, so that a list of versions reads no bundle.</summary>
internal static class VersionNotes
{
    private const byte Format = 1;
    private const int MostLines = 20;

    public static string KeyOf(int version) => $"catalog.about/{version}";

    public static VersionView Of(CatalogRow row, PublishNote note, IReadOnlyList<CatalogChange> changes) => new(
        row.Version,
        row.Hash,
        row.PublishedAtMicros,
        note,
        changes.Count(change => change.Change == "added"),
        changes.Count(change => change.Change == "changed"),
        changes.Count(change => change.Change == "removed"),
        [.. changes.Take(MostLines).Select(Line)]);

    public static byte[] Write(VersionView view)
    {
        using var writer = new ByteWriter(512);
        writer.Byte(Format);
        writer.Count(view.Version);
        writer.Text(view.Hash);
        writer.Signed(view.PublishedAtMicros);
        writer.Text(view.Note.Author);
        writer.Text(view.Note.Comment);
        writer.Count(view.Note.RolledBackTo ?? 0);
        writer.Count(view.Added);
        writer.Count(view.Changed);
        writer.Count(view.Removed);
        writer.Count(view.Summary.Count);
        foreach (var line in view.Summary)
        {
            writer.Text(line);
        }

        return writer.ToArray();
    }

    /// <exception cref="CorruptDataException">The bytes are not what this version writes.</exception>
    public static VersionView Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        if (reader.Byte() is var format && format != Format)
        {
            throw new CorruptDataException($"the note of a catalog version has format {format}; this version reads {Format}");
        }

        var version = reader.Count();
        var hash = reader.RequiredText();
        var publishedAt = reader.Signed();
        var note = new PublishNote(reader.Text(), reader.Text(), reader.Count() is > 0 and var target ? target : null);
        var (added, changed, removed) = (reader.Count(), reader.Count(), reader.Count());
        var summary = new string[reader.Items()];
        for (var i = 0; i < summary.Length; i++)
        {
            summary[i] = reader.RequiredText();
        }

        return new VersionView(version, hash, publishedAt, note, added, changed, removed, summary);
    }

    /// <summary><c>offer tea-10 changed: value, cost</c>.</summary>
    private static string Line(CatalogChange change)
    {
        var fields = string.Join(", ", change.Fields.Select(field => field.Split(':')[0]));
        return $"{change.Kind} {change.Id} {change.Change}".Replace("  ", " ", StringComparison.Ordinal) + (fields.Length == 0 ? "" : $": {fields}");
    }
}
