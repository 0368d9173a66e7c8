using System.Globalization;
using PmOrleans.Node.Log.Sqlite;
using PmOrleans.Node.Tests.Embedded;
using static PmOrleans.Node.Tests.Retention.CutStore;

namespace PmOrleans.Node.Tests.Retention;

/// <summary>What an export has is never lost, and a cut that cannot be exported is none.</summary>
public sealed class LogExportTests : IDisposable
{
    private const int AllTogether = 100_000;

    private readonly string _export = Path.Combine(Directory.CreateTempSubdirectory("pmorleans-export-").FullName, "of", "all");

    [Fact]
    public async Task two_stores_share_a_folder()
    {
        using var one = new AttackFolder();
        using var other = new AttackFolder();
        await FillAsync(one, seed: 21, requests: 120);
        await FillAsync(other, seed: 22, requests: 120);

        var first = await CutAsync(one, TimeSpan.FromHours(20), _export);
        var files = Files().ToDictionary(file => file, File.ReadAllBytes, StringComparer.Ordinal);
        var partial = files.Keys.First() + ".partial";
        await File.WriteAllTextAsync(partial, "being written");
        var second = await CutAsync(other, TimeSpan.FromHours(20), _export);

        Assert.All(files, file => Assert.Equal(file.Value, File.ReadAllBytes(file.Key)));
        Assert.True(File.Exists(partial));
        Assert.Equal(first.Records + second.Records, Exported(_export).Count);
        Assert.Equal(2, Files().Select(file => Path.GetFileName(file).Split('-')[1]).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task a_store_that_was_restored_and_went_another_way_does_not_replace_what_was_exported()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 23, requests: 60);
        using var restored = Copy(folder);
        await LiveOnAsync(folder, 24, null);
        await LiveOnAsync(restored, 25, null);
        await CutAsync(folder, TimeSpan.FromHours(20), _export, AllTogether);
        var file = Assert.Single(Files());
        var bytes = await File.ReadAllBytesAsync(file);

        var refused = await Assert.ThrowsAsync<IOException>(() => CutAsync(restored, TimeSpan.FromHours(20), _export, AllTogether));

        Assert.Contains(file, refused.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(file));
        Assert.Equal(LogSchema.Format, FormatOf(restored));
        await restored.AssertCleanAsync();

        await File.WriteAllTextAsync(file, "no export");
        var unreadable = await Assert.ThrowsAsync<IOException>(() => CutAsync(restored, TimeSpan.FromHours(20), _export, AllTogether));
        Assert.Contains(file, unreadable.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_was_exported_by_a_transaction_that_never_was_is_replaced_also_after_an_erasure()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 26, requests: 120);
        using (var killed = Copy(folder))
        {
            await CutAsync(killed, TimeSpan.FromHours(20), _export, together: 25);
        }

        await using (var node = await folder.OpenAsync())
        {
            Assert.Null((await node.EraseAsync("c-3")).Refusal);
        }

        var report = await CutAsync(folder, TimeSpan.FromHours(20), _export, together: 35);
        var first = 1.ToString("D15", CultureInfo.InvariantCulture);
        Assert.Equal(35, long.Parse(Assert.Single(Files(), file => file.Contains($"-{first}-", StringComparison.Ordinal)).Split('-', '.')[^3], CultureInfo.InvariantCulture));
        Assert.Equal(Enumerable.Range(1, (int)report.CutTo).Select(n => (long)n), Exported(_export).Select(record => record.GetProperty("sequence").GetInt64()).Distinct().Order());
    }

    [Fact]
    public async Task an_export_that_cannot_be_written_leaves_a_store_that_was_never_cut()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 27, requests: 60);
        var file = Path.Combine(folder.Path, "file");
        await File.WriteAllTextAsync(file, "no folder");
        await Assert.ThrowsAnyAsync<IOException>(() => CutAsync(folder, TimeSpan.FromHours(20), Path.Combine(file, "export")));
        AssertUncut();

        // The folder is there, and the first file cannot be.
        using (var copy = Copy(folder))
        {
            await CutAsync(copy, TimeSpan.FromHours(20), _export, AllTogether);
        }

        var blocked = Assert.Single(Files());
        File.Delete(blocked);
        Directory.CreateDirectory(blocked + ".partial");
        await Assert.ThrowsAnyAsync<UnauthorizedAccessException>(() => CutAsync(folder, TimeSpan.FromHours(20), _export, AllTogether));
        AssertUncut();

        await folder.AssertCleanAsync();
        await using (await folder.OpenAsync())
        {
        }

        await CutAsync(folder, TimeSpan.FromHours(20));
        Assert.Equal(LogSchema.CutFormat, FormatOf(folder));

        void AssertUncut()
        {
            using var database = SqliteDatabase.OpenExisting(Path.Combine(folder.Path, LogSchema.FileName), TimeSpan.FromSeconds(30));
            Assert.False(LogSchema.HasBases(database));
            Assert.Equal(LogSchema.Format, FormatOf(folder));
        }
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(_export))!, recursive: true);

    private string[] Files() => Directory.GetFiles(_export, "*.gz");

    private static long FormatOf(AttackFolder folder)
    {
        using var database = SqliteDatabase.OpenExisting(Path.Combine(folder.Path, LogSchema.FileName), TimeSpan.FromSeconds(30));
        return database.ReadInt64("SELECT value FROM meta WHERE key='format'")!.Value;
    }
}
