using PmOrleans.Decisioning.Profiles;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Tests.Log;

namespace PmOrleans.Node.Tests.Customers;

public sealed class VoidCustomerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_customer_with_a_record_that_failed_is_read_anew_to_be_saved_and_holds_the_tail_only_while_that_fails(bool isReadable)
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 1)));
        var dirty = new DirtyCustomers();
        var cell = new CustomerCell(1, dirty) { State = new CustomerState(TestRecord.Key(1)), IsLoaded = true };
        dirty.Committed(cell, 1);
        cell.Void();
        await using var writer = new SnapshotWriter(log, dirty, new NodeEngineOptions(), read =>
        {
            if (!isReadable) throw new NodeLogException();
            read.Reset();
        });

        await writer.SaveAllAsync();

        Assert.Equal(isReadable ? 0 : 1, dirty.Count);
        Assert.Equal(isReadable ? 2 : 1, log.Reader.TailStart());
    }
}
