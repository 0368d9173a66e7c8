using System.Buffers.Text;

namespace PmOrleans.Gateway.Json;

/// <summary>Amounts: decimal numbers of the currency's unit outside, integer micros inside.</summary>
internal static class Money
{
    public const long MicrosPerUnit = 1_000_000;

    /// <summary>Reads a JSON number, rounded to the nearest micro, halves to even: 0.1 + 0.2 as a double sends 17 digits and means 0.3.</summary>
    /// <returns>False when it is not a number or too large for a <see cref="long"/> of micros.</returns>
    public static bool TryRead(ReadOnlySpan<byte> number, out long micros)
    {
        micros = 0;
        decimal amount;
        if (!Utf8Parser.TryParse(number, out amount, out var read, number.IndexOfAny((byte)'e', (byte)'E') >= 0 ? 'e' : 'g')
            || read != number.Length || Math.Abs(amount) > long.MaxValue / MicrosPerUnit)
        {
            return false;
        }

        micros = decimal.ToInt64(Math.Round(amount * MicrosPerUnit, MidpointRounding.ToEven));
        return true;
    }

    public static decimal ToUnits(long micros) => micros / (decimal)MicrosPerUnit;
}
