namespace PmOrleans.Node.Tests.Log;

public sealed class AppendTests
{
    [Fact]
    public async Task records_are_committed_in_the_order_they_were_queued()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        var records = Enumerable.Range(1, 500)
            .Select(n => TestRecord.Of(n % 7 + 1, n, personal: $"p{n}")).ToList();

        foreach (var record in records) Assert.True(log.TryAppend(record));
        await log.FlushAsync();

        var rows = log.Reader.ReadRange(0, 1000);
        Assert.Equal(500, log.CommittedSequence);
        Assert.Equal(Enumerable.Range(1, 500).Select(n => (long)n), rows.Select(row => row.Sequence));
        Assert.Equal(Enumerable.Range(1, 500).Select(n => (long)n), rows.Select(row => row.CustomerSequence));
        Assert.All(records, record => Assert.Null(record.Done.Result));
        Assert.All(rows, row => Assert.Equal(log.Epoch, row.Epoch));
        Assert.Equal(records[41].Accounting.ToArray(), rows[41].Accounting);
        Assert.Equal(records[41].Personal.ToArray(), rows[41].Personal);
        Assert.Equal(records[41].Customer, rows[41].Customer);
    }
}
