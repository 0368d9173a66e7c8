using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.GrainInterfaces.Serialization;
using PmOrleans.GrainInterfaces.Serialization.Wire;

namespace PmOrleans.GrainInterfaces.Tests;

/// <summary>What one silo writes, another reads, in every format and whichever of them writes which.</summary>
public sealed class RoundTripTests
{
    public static TheoryData<string, WireFormat> Envelopes
    {
        get
        {
            var data = new TheoryData<string, WireFormat>();
            foreach (var type in Travelling.Envelopes)
            {
                foreach (var format in Enum.GetValues<WireFormat>()) data.Add(type.ToString(), format);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Envelopes))]
    public void whatever_travels_arrives_as_it_left(string envelope, WireFormat format)
    {
        var type = Travelling.Envelopes.Single(type => type.ToString() == envelope);
        using var sender = Silo(format);
        using var receiver = Silo(WireFormat.Json);
        var writer = sender.GetRequiredService<Serializer<object>>();
        var reader = receiver.GetRequiredService<Serializer<object>>();

        for (var seed = 0; seed < 200; seed++)
        {
            var left = new Generated(seed).Of(type);
            var arrived = reader.Deserialize(writer.SerializeToArray(left));

            SameValue.Check(left, arrived, $"seed {seed}: {type.Name}");
        }
    }

    [Fact]
    public void a_silo_writes_the_oldest_format_until_it_is_told_that_all_read_a_newer_one()
    {
        using var silo = Silo(null);
        var settings = silo.GetRequiredService<WireSettings>();
        var serializer = silo.GetRequiredService<Serializer<object>>();
        var request = new DecisionRequest { CustomerId = "c", Placements = [new PlacementRequest("p", 1, [])] };

        var old = serializer.SerializeToArray(request);
        settings.Writes = WireSettings.Newest;
        var later = serializer.SerializeToArray(request);

        Assert.Contains("\"CustomerId\"", System.Text.Encoding.UTF8.GetString(old), StringComparison.Ordinal);
        Assert.DoesNotContain("CustomerId", System.Text.Encoding.UTF8.GetString(later), StringComparison.Ordinal);
        Assert.True(later.Length < old.Length, $"{later.Length} bytes against {old.Length}");
        Assert.Throws<ArgumentOutOfRangeException>(() => settings.Writes = (WireFormat)99);
    }

    [Fact]
    public void a_call_inside_a_silo_hands_over_the_very_object_and_allocates_nothing_for_it()
    {
        using var silo = Silo(null);
        var copier = silo.GetRequiredService<DeepCopier>();
        var values = Travelling.OfCustomers.Select(type => new Generated(3).Of(type)).ToList();
        foreach (var value in values) Assert.Same(value, copier.Copy(value));

        // Once more, now that everything is compiled: only the copier's context is rented, whatever the size of the value.
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 0; n < 1_000; n++)
        {
            foreach (var value in values) copier.Copy(value);
        }

        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / 1_000.0 / values.Count;
        Assert.True(each < 1, $"{each} bytes a copy");
    }

    [Fact]
    public void one_object_sent_twice_in_a_message_arrives_once()
    {
        foreach (var format in Enum.GetValues<WireFormat>())
        {
            using var silo = Silo(format);
            var serializer = silo.GetRequiredService<Serializer<object[]>>();
            var touchpoint = new Touchpoint { CustomerId = "c", Type = "view" };

            var arrived = serializer.Deserialize(serializer.SerializeToArray([touchpoint, touchpoint, "x"]))!;

            Assert.Same(arrived[0], arrived[1]);
            Assert.Equal("view", ((Touchpoint)arrived[0]).Type);
        }
    }

    [Fact]
    public void bytes_that_were_cut_or_turned_are_refused_and_never_read_beyond_their_end()
    {
        var body = WireValues.BodyOf(typeof(DecisionRequest));
        var random = new Random(7);
        for (var seed = 0; seed < 300; seed++)
        {
            using var writer = new ByteWriter();
            body.WriteBody(writer, new Generated(seed).Of(typeof(DecisionRequest)));
            var bytes = writer.ToArray();
            var turned = (byte[])bytes.Clone();
            turned[random.Next(turned.Length)] ^= (byte)(1 << random.Next(8));

            Read(body, bytes.AsSpan(0, random.Next(bytes.Length)));
            Read(body, turned);
        }

        // Either it reads as some value or it says that it is damaged: nothing else may come out, and no allocation beyond the bytes that are there.
        static void Read(IWireBody body, ReadOnlySpan<byte> bytes)
        {
            try
            {
                body.ReadBody(bytes);
            }
            catch (CorruptDataException)
            {
                // Refused.
            }
        }
    }

    private static ServiceProvider Silo(WireFormat? writes)
    {
        var silo = new ServiceCollection().AddSerializer().AddCoreSerialization().BuildServiceProvider();
        if (writes is { } format) silo.GetRequiredService<WireSettings>().Writes = format;
        return silo;
    }
}
