using System.Collections.Immutable;
using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Decisioning.Facts;

/// <summary>Stored form of a segment change: <c>at count { step:varint }* count { step:varint }* count { step:varint value }*</c>, numbers as steps from the one before.</summary>
internal static class SegmentChangeBody
{
    public static void Write(SegmentChangeFact fact, ByteWriter writer)
    {
        writer.Signed(fact.AtMicros);
        Write(fact.Entered, writer);
        Write(fact.Left, writer);
        writer.Count(fact.Amounts.Length);
        var before = 0;
        foreach (var (number, micros) in fact.Amounts)
        {
            writer.Count(number - before);
            writer.Signed(micros);
            before = number;
        }
    }

    public static SegmentChangeFact Read(ref ByteReader reader)
    {
        var at = reader.Signed();
        var entered = ReadNumbers(ref reader);
        var left = ReadNumbers(ref reader);
        var amounts = ImmutableArray.CreateBuilder<SegmentAmount>(reader.Items(2));
        for (int i = 0, number = 0; i < amounts.Capacity; i++)
        {
            number = Step(number, reader.Count());
            amounts.Add(new SegmentAmount(number, reader.Signed()));
        }

        return new SegmentChangeFact(at, entered, left, amounts.MoveToImmutable());
    }

    private static void Write(ImmutableArray<int> numbers, ByteWriter writer)
    {
        writer.Count(numbers.Length);
        var before = 0;
        foreach (var number in numbers)
        {
            writer.Count(number - before);
            before = number;
        }
    }

    private static ImmutableArray<int> ReadNumbers(ref ByteReader reader)
    {
        var count = reader.Items();
        if (count == 0)
        {
            return [];
        }

        var numbers = ImmutableArray.CreateBuilder<int>(count);
        for (var number = 0; count > 0; count--)
        {
            numbers.Add(number = Step(number, reader.Count()));
        }

        return numbers.MoveToImmutable();
    }

    private static int Step(int from, int step) =>
        step > 0 && from + step > from ? from + step : throw new CorruptDataException($"after segment number {from} comes a step of {step}");
}
