using PmOrleans.Node.Customers;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>Whom the directory of live customers finds.</summary>
public sealed class DirectoryTests
{
    /// <summary>Alike in the bits that choose the stripe and in those that choose the place within it.</summary>
    private static UInt128 Alike(int number) => new(0x00AB, (ulong)number << 32 | 7);

    [Fact]
    public void ids_whose_hashes_meet_have_cells_of_their_own()
    {
        var directory = new CustomerDirectory(new DirtyCustomers());

        var cells = Enumerable.Range(1, 300).Select(number => directory.Get(Alike(number))).ToList();

        Assert.Equal(300, directory.Count);
        Assert.Distinct(cells);
        Assert.All(Enumerable.Range(1, 300), number => Assert.Same(cells[number - 1], directory.Get(Alike(number))));
        Assert.Null(directory.Find(Alike(301)));
        Assert.Equal(cells.OrderBy(cell => cell.IdHash), directory.Snapshot().OrderBy(cell => cell.IdHash));
    }

    [Fact]
    public void a_cell_that_was_taken_out_is_not_found_and_another_takes_its_place()
    {
        var directory = new CustomerDirectory(new DirtyCustomers());
        var (first, second) = (directory.Get(Alike(1)), directory.Get(Alike(2)));

        Assert.True(directory.TryRemove(first));
        Assert.Null(directory.Find(Alike(1)));
        Assert.Same(second, directory.Find(Alike(2)));
        var again = directory.Get(Alike(1));

        // Taken out already: the one in its place stays.
        Assert.NotSame(first, again);
        Assert.True(directory.TryRemove(first));
        Assert.Same(again, directory.Find(Alike(1)));
        Assert.Equal(2, directory.Count);
    }

    [Fact]
    public void passivation_takes_the_longest_unused_of_each_stripe()
    {
        var directory = new CustomerDirectory(new DirtyCustomers());
        for (var number = 1; number <= 10; number++)
        {
            directory.Tick = number;
            directory.Get(Alike(number));
        }

        Assert.Equal(1, directory.Passivate(9));

        Assert.Null(directory.Find(Alike(1)));
        Assert.NotNull(directory.Find(Alike(2)));
    }

    [Fact]
    public void an_alias_and_a_tombstone_are_kept_side_by_side_and_forgotten_together()
    {
        var cell = new CustomerCell(Alike(1), new DirtyCustomers()) { LivesAt = 5 };
        cell.Tombstone = new(Alike(1), 7, []);

        Assert.Equal(((UInt128)5, 7L), (cell.LivesAt, cell.Tombstone!.ErasedAtMicros));
        cell.LivesAt = 0;
        Assert.Equal(((UInt128)0, 7L), (cell.LivesAt, cell.Tombstone!.ErasedAtMicros));
        cell.Reset();
        Assert.Equal(((UInt128)0, null), (cell.LivesAt, cell.Tombstone));
    }
}
