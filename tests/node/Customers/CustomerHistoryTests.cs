using System.Reflection;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Publishing;
using PmOrleans.Node.Tests.Embedded;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Customers;

public sealed class CustomerHistoryTests
{
    [Fact]
    public async Task the_decisions_that_a_page_of_outcomes_answers_are_read_together()
    {
        using var folder = new AttackFolder();
        var catalog = Directory.CreateDirectory(Path.Combine(folder.Path, "catalog")).FullName;
        await File.WriteAllTextAsync(Path.Combine(catalog, "a.yaml"), AttackCatalogs.Plain);
        var log = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = folder.Path });
        await using var node = await NodeEngine.StartAsync(log, new NodeEngineOptions { CatalogFolder = catalog }, folder.Clock);
        string[] ids = ["d-1", "d-2", "d-3", "d-4", "d-5"];
        foreach (var id in ids)
        {
            Assert.Null((await node.DecideAsync(Request("c-1", id))).Refusal);
        }

        var decided = (await node.ReadFactsAsync("c-1", 0, 100)).Value!.Facts[^1].Sequence;
        folder.Pass(TimeSpan.FromMinutes(30));
        Assert.True(await node.VisitAsync(node.KeyOf("c-1")));
        var catalogs = new CatalogStore(log, folder.Clock);
        catalogs.Load();
        var reader = Counting.Of(log.Reader);

        var page = new CustomerHistory(reader, catalogs).Read("c-1", log.Reader.FindIdentity(node.KeyOf("c-1"))!, decided, 100);

        Assert.Equal(ids, page.Facts.Select(fact => fact.Outcome?.DecisionId).Where(id => id is not null).Distinct(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.Equal([nameof(ILogReader.ReadCustomer), nameof(ILogReader.ReadRecords)], ((Counting)(object)reader).Called);
    }

    /// <summary>A reader, and what was asked of it.</summary>
    public class Counting : DispatchProxy
    {
        private ILogReader _reader = null!;

        internal List<string> Called { get; } = [];

        internal static ILogReader Of(ILogReader reader)
        {
            var counting = Create<ILogReader, Counting>();
            ((Counting)(object)counting)._reader = reader;
            return counting;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Called.Add(targetMethod!.Name);
            return targetMethod.Invoke(_reader, args);
        }
    }
}
