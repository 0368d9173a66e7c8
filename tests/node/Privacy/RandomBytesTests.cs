using PmOrleans.Node.Privacy;

namespace PmOrleans.Node.Tests.Privacy;

public sealed class RandomBytesTests
{
    [Fact]
    public async Task no_bytes_come_twice_whatever_was_taken_before_and_on_whichever_thread()
    {
        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            var parts = new List<byte[]>();
            for (var n = 0; n < 3_000; n++)
            {
                var part = new byte[n % 2 == 0 ? 12 : 16];
                RandomBytes.Fill(part);
                parts.Add(part);
            }

            return parts;
        })));

        // Sixteen zero bytes would be what lay behind after taking.
        var all = taken.SelectMany(parts => parts).Select(Convert.ToHexString).ToList();
        Assert.Equal(all.Count, all.Distinct(StringComparer.Ordinal).Count());
        Assert.DoesNotContain(all, part => part.All(digit => digit == '0'));
    }
}
