// SPDX-License-Identifier: Apache-2.0
// Numbers from a file in the working directory, "variant.txt", the first one in the lowest byte: a
// test chooses with it what RTL does, so that one library serves many. Without the file all are 0.
module variant #(
    parameter int NUMBERS = 1
) (
    output logic [NUMBERS*8-1:0] numbers
);
  int file, read, value;
  initial begin
    numbers = '0;
    file = $fopen("variant.txt", "r");
    if (file != 0) begin
      for (int n = 0; n < NUMBERS; n++) begin
        value = 0;
        read = $fscanf(file, "%d", value);
        if (read == 1) numbers[n*8+:8] = 8'(value);
      end
      $fclose(file);
    end
  end
endmodule
