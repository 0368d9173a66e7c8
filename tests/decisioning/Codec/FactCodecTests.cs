using FsCheck;
using FsCheck.Fluent;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Tests.Codec;

public sealed class FactCodecTests
{
    private static Config Repeatable => Config.QuickThrowOnFailure.WithReplay(20_261_122, 3).WithMaxTest(1_000);

    [Fact]
    public void every_kind_of_fact_is_read_back_with_every_field_and_written_again_to_the_same_bytes() =>
        Check.One(Repeatable, Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var facts = new RandomFacts(seed).Record();
            var (accounting, personal) = Write(facts);

            var read = FactCodec.Read(accounting, personal);

            var (accountingAgain, personalAgain) = Write(read);
            return FactText.Of(read) == FactText.Of(facts)
                && accounting.AsSpan().SequenceEqual(accountingAgain) && personal.AsSpan().SequenceEqual(personalAgain);
        }));

    [Fact]
    public void an_unknown_kind_is_kept_bit_for_bit_between_known_ones()
    {
        Fact[] facts = [new ErasureFact(5), new UnknownFact(200, [1, 2, 3], [4]), new IdentityFact("c")];
        var (accounting, personal) = Write(facts);

        var read = FactCodec.Read(accounting, personal);

        var unknown = Assert.IsType<UnknownFact>(read[1]);
        Assert.Equal([1, 2, 3], unknown.Accounting);
        Assert.Equal([4], unknown.Personal);
        Assert.Equal("c", Assert.IsType<IdentityFact>(read[2]).Id);
        Assert.Equal((accounting, personal), Write(read), new PairComparer());
    }

    [Fact]
    public void fields_that_a_later_version_appends_to_a_body_are_passed_over()
    {
        using var accounting = new ByteWriter();
        using var body = new ByteWriter();
        body.Signed(42);
        body.Text("a field of the future");
        accounting.Byte(FactCodec.Format);
        accounting.Count(2);
        for (var i = 0; i < 2; i++)
        {
            accounting.Byte((byte)FactKind.Erasure);
            accounting.Blob(body.Written);
        }

        var read = FactCodec.Read(accounting.Written, []);

        Assert.Equal([new ErasureFact(42), new ErasureFact(42)], read);
    }

    [Fact]
    public void a_record_cut_at_any_byte_is_corrupt()
    {
        for (var kind = 1; kind <= 11; kind++)
        {
            var (accounting, personal) = Write([new RandomFacts(kind).One(kind), new ErasureFact(1)]);
            for (var length = 0; length < accounting.Length; length++)
            {
                Assert.Throws<CorruptDataException>(() => FactCodec.Read(accounting.AsSpan(0, length), personal));
            }

            // Cut to nothing, the personal string is that of an erased customer.
            for (var length = 1; length < personal.Length; length++)
            {
                Assert.Throws<CorruptDataException>(() => FactCodec.Read(accounting, personal.AsSpan(0, length)));
            }
        }
    }

    [Fact]
    public void bytes_after_the_last_fact_are_corrupt()
    {
        var (accounting, personal) = Write([new ErasureFact(1)]);

        Assert.Throws<CorruptDataException>(() => FactCodec.Read([.. accounting, 0], personal));
        Assert.Throws<CorruptDataException>(() => FactCodec.Read(accounting, [.. personal, 0]));
    }

    [Fact]
    public void an_erased_record_keeps_its_accounting_and_can_be_written_again()
    {
        var (accounting, _) = Write([.. Enumerable.Range(1, 10).Select(kind => new RandomFacts(kind).One(kind))]);

        var read = FactCodec.Read(accounting, []);

        Assert.Null(Assert.IsType<TouchpointFact>(read[0]).Touchpoint);
        Assert.Null(Assert.IsType<DecisionFact>(read[1]).DecisionId);
        Assert.Empty(Assert.IsType<DecisionFact>(read[1]).Context);
        Assert.Null(Assert.IsType<IdentityFact>(read[9]).Id);
        var (accountingAgain, personalAgain) = Write(read);
        Assert.Equal(accounting, accountingAgain);
        Assert.Equal(FactText.Of(read), FactText.Of(FactCodec.Read(accountingAgain, personalAgain)));
    }

    [Fact]
    public void damaged_bytes_are_read_or_corrupt_and_never_anything_else_nor_a_large_allocation()
    {
        var random = new Random(11);
        for (var round = 0; round < 20_000; round++)
        {
            var (accounting, personal) = Write(new RandomFacts(round).Record());
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                accounting[random.Next(accounting.Length)] = (byte)random.Next(256);
                personal[random.Next(personal.Length)] = (byte)random.Next(256);
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            ReadOrCorrupt(() => FactCodec.Read(accounting, personal));
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            // The widest item is 16 bytes of reference and padding for one byte read; exceptions with their traces are the rest.
            Assert.True(allocated < 64_000 + (64L * (accounting.Length + personal.Length)), $"{allocated} bytes in round {round}");
        }
    }

    [Fact]
    public void random_bytes_are_read_or_corrupt_in_every_stored_form()
    {
        var random = new Random(12);
        var bytes = new byte[200];
        var catalog = new TestCatalog().Build();
        for (var round = 0; round < 50_000; round++)
        {
            var data = bytes.AsSpan(0, random.Next(bytes.Length)).ToArray();
            random.NextBytes(data);
            if (data.Length > 0 && round % 2 == 0)
            {
                data[0] = 1; // the format, so that what follows is looked at
            }

            ReadOrCorrupt(() => FactCodec.Read(data, data));
            ReadOrCorrupt(() => FactCodec.Read(data, []));
            ReadOrCorrupt(() =>
            {
                var facts = new List<Fact>();
                FactCodec.ReadToFold(data, data, catalog, facts);
                return facts;
            });
            ReadOrCorrupt(() => TraceCodec.Read(data));
            ReadOrCorrupt(() => CustomerState.Read(default, data));
            ReadOrCorrupt(() =>
            {
                var reader = new ByteReader(data);
                return PmOrleans.Decisioning.Budgets.CampaignLedger.Read(ref reader);
            });
        }
    }

    [Fact]
    public void a_count_that_the_bytes_cannot_hold_is_corrupt_before_anything_is_allocated()
    {
        using var accounting = new ByteWriter();
        using var personal = new ByteWriter();
        using var body = new ByteWriter();
        foreach (var (writer, isPersonal) in new[] { (accounting, false), (personal, true) })
        {
            body.Clear();
            if (isPersonal)
            {
                body.Fixed64(0);
                body.Text(null);
                body.Text("c");
                body.Text("view");
                body.Bool(false);
                body.Text(null);
                body.Text(null);
                body.Text(null);
                body.Signed(-1);
                body.Text(null);
                body.Count(0);
                body.Count(0);
                body.Count(int.MaxValue); // names to unset
            }
            else
            {
                body.Signed(0);
                body.Signed(0);
                body.Bool(false);
            }

            writer.Byte(FactCodec.Format);
            writer.Count(1);
            writer.Byte((byte)FactKind.Touchpoint);
            writer.Blob(body.Written);
        }

        Assert.Throws<CorruptDataException>(() => FactCodec.Read(accounting.Written, personal.Written));
    }

    [Fact]
    public void a_varint_beyond_64_bits_is_corrupt()
    {
        byte[] tooWide = [255, 255, 255, 255, 255, 255, 255, 255, 255, 2];
        byte[] widest = [255, 255, 255, 255, 255, 255, 255, 255, 255, 1];

        Assert.Equal(ulong.MaxValue, new ByteReader(widest).Unsigned());
        Assert.Throws<CorruptDataException>(() => new ByteReader(tooWide).Unsigned());
    }

    internal static (byte[] Accounting, byte[] Personal) Write(IReadOnlyList<Fact> facts)
    {
        using var accounting = new ByteWriter();
        using var personal = new ByteWriter();
        using var scratch = new ByteWriter();
        FactCodec.Write(facts, accounting, personal, scratch);
        return (accounting.ToArray(), personal.ToArray());
    }

    private static void ReadOrCorrupt(Func<object> read)
    {
        try
        {
            _ = read();
        }
        catch (CorruptDataException)
        {
            // the one answer to what cannot be read
        }
    }

    private sealed class PairComparer : IEqualityComparer<(byte[] Accounting, byte[] Personal)>
    {
        public bool Equals((byte[] Accounting, byte[] Personal) x, (byte[] Accounting, byte[] Personal) y) =>
            x.Accounting.AsSpan().SequenceEqual(y.Accounting) && x.Personal.AsSpan().SequenceEqual(y.Personal);

        public int GetHashCode((byte[] Accounting, byte[] Personal) obj) => obj.Accounting.Length;
    }
}
