using PmOrleans.Decisioning.Hashing;

namespace PmOrleans.Decisioning.Tests.Hashing;

/// <summary>Expected values: the reference implementation's own vectors (github.com/veorq/SipHash, vectors.h), key 00 01 … 0f, input 00 01 ….</summary>
public sealed class SipHashTests
{
    private static readonly byte[] Sequence = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];

    [Theory]
    [InlineData(0, 0x726fdb47dd0e0e31UL)]
    [InlineData(1, 0x74f839c593dc67fdUL)]
    [InlineData(8, 0x93f5f5799a932462UL)]
    [InlineData(15, 0xa129ca6149be45e5UL)]
    public void sixty_four_bits_match_the_reference(int length, ulong expected) =>
        Assert.Equal(expected, SipHash.FromKey(Sequence).Hash64(Sequence.AsSpan(0, length)));

    [Fact]
    public void a_hundred_and_twenty_eight_bits_match_the_reference() =>
        Assert.Equal(new UInt128(0x930255c71472f66dUL, 0xe6a825ba047f81a3UL), SipHash.FromKey(Sequence).Hash128(ReadOnlySpan<byte>.Empty));

    [Fact]
    public void text_is_hashed_as_utf8_whatever_its_length()
    {
        var hash = SipHash.FromKey(Sequence);
        foreach (var text in new[] { "", "a", "客户", new string('é', 170), new string('客', 171), new string('x', 5000) })
        {
            Assert.Equal(hash.Hash64(System.Text.Encoding.UTF8.GetBytes(text)), hash.Hash64(text));
            Assert.Equal(hash.Hash128(System.Text.Encoding.UTF8.GetBytes(text)), hash.Hash128(text));
        }
    }

    [Fact]
    public void keys_for_different_purposes_disagree() =>
        Assert.NotEqual(SipHash.FromKey(Sequence).For(1).Hash64("a"), SipHash.FromKey(Sequence).For(2).Hash64("a"));

    [Theory]
    [InlineData(0UL, 0.0)]
    [InlineData(1UL << 63, .5)]
    public void a_hash_is_a_number_from_zero_to_below_one(ulong hash, double expected) => Assert.Equal(expected, SipHash.ToUnit(hash));

    [Fact]
    public void the_largest_hash_is_below_one() => Assert.True(SipHash.ToUnit(ulong.MaxValue) < 1);
}
