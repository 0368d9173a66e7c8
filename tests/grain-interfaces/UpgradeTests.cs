using PmOrleans.Decisioning.Codec;
using PmOrleans.GrainInterfaces.Serialization.Wire;
using PmOrleans.GrainInterfaces.Tests.EarlierBuild;

namespace PmOrleans.GrainInterfaces.Tests;

/// <summary>Two builds of the codec: the later one has appended members, and objects inside objects that have.</summary>
public sealed class UpgradeTests
{
    [Fact]
    public void an_earlier_build_reads_what_a_later_one_writes_and_leaves_out_what_it_does_not_know()
    {
        var later = new LaterBuild.Order("o-1", [new LaterBuild.Line("a", 2) { Note = "gift", Weights = [1, 2] }, new LaterBuild.Line("b", 1)], 9)
        {
            Urgent = true, Contact = new LaterBuild.Contact("x"),
        };

        var read = Carry<LaterBuild.Order, Order>(later);

        Assert.Equal(("o-1", 9L), (read.Id, read.At));
        Assert.Equal([("a", 2), ("b", 1)], read.Lines.Select(line => (line.Sku, line.Count)));
    }

    [Fact]
    public void a_later_build_reads_what_an_earlier_one_writes_and_keeps_the_defaults_of_the_rest()
    {
        var read = Carry<Order, LaterBuild.Order>(new Order("o-1", [new Line("a", 2)], 9));

        Assert.Equal(("o-1", 9L, false, null), (read.Id, read.At, read.Urgent, read.Contact));
        Assert.Equal(("a", 2, "none"), (read.Lines[0].Sku, read.Lines[0].Count, read.Lines[0].Note));
        Assert.Empty(read.Lines[0].Weights);
    }

    private static TTo Carry<TFrom, TTo>(TFrom value)
        where TFrom : class
        where TTo : class
    {
        using var writer = new ByteWriter();
        new WireObject<TFrom>().Write(writer, value);
        var reader = new ByteReader(writer.Written);
        var read = new WireObject<TTo>().Read(ref reader);
        reader.End();
        return read!;
    }
}
